/** Formats trees as lines for people. */
import { columns } from './layout.js'

export interface Branch {
  readonly cells: readonly string[]
  readonly below: readonly Branch[]
}

/**
 * Formats branches:
 *
 *     mpatha  64 MiB
 *     ├─ path sda  active
 *     └─ ext4  /mnt/data
 *
 * Siblings of one kind, which have the same number of cells, share their columns.
 */
export function treeLines(branches: readonly Branch[]): string[] {
  const heads = headsOf(branches)
  return branches.flatMap(({ below }, index) => [heads[index] ?? '', ...twigs(below)])
}
function twigs(branches: readonly Branch[]): string[] {
  const heads = headsOf(branches)
  return branches.flatMap(({ below }, index) => {
    const [corner, rail] = index === branches.length - 1 ? ['└─ ', '   '] : ['├─ ', '│  ']
    return [corner + (heads[index] ?? ''), ...twigs(below).map((line) => rail + line)]
  })
}

function headsOf(branches: readonly Branch[]): string[] {
  const heads: string[] = []
  for (const kind of new Set(branches.map(({ cells }) => cells.length))) {
    const places = [...branches.keys()].filter((place) => branches[place]?.cells.length === kind)
    const lines = columns(places.map((place) => branches[place]?.cells ?? []))
    for (const [index, place] of places.entries()) heads[place] = lines[index] ?? ''
  }
  return heads
}

/** Removed (`-`) and added (`+`) lines, each after the names of the branches above it. */
export function treeChanges(before: readonly Branch[], after: readonly Branch[]): string[] {
  const [old, now] = [flat(before), flat(after)]
  const [had, has] = [new Set(old), new Set(now)]
  return [
    ...old.filter((line) => !has.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !had.has(line)).map((line) => `+ ${line}`),
  ]
}
function flat(branches: readonly Branch[], way = ''): string[] {
  return branches.flatMap(({ cells, below }) => {
    const line = way + cells.filter((cell) => cell !== '').join('  ')
    return [line, ...flat(below, `${way}${cells[0] ?? ''} > `)]
  })
}
