/** The journals of a world in a normal form: the content that is equal in both worlds, in a fixed order. */
import type { World } from '../world/world.js'

/**
 * Kernel-assigned numbers, times and pids differ from run to run, and so do file names, which are hashes. The size of blocks is that of the
 * storage side, whose volumes are files.
 */
const CHANGING = new Set([
  'inode',
  'logicalBlockSize',
  'boot',
  'pid',
  'atMs',
  'untilMs',
  'session',
  'hctl',
  'name',
  'kernelWwid',
  'diskseq',
  'device',
])
/** Paths come up concurrently, in any order. */
const SIDE_BY_SIDE = new Set(['objects', 'paths', 'pending', 'keys'])
/** Fields that hold keys of objects, or a common part of keys. */
const KEYS = new Set(['key', 'keys', 'common', 'nexus'])

export async function journals(world: World, stateDirs: readonly string[]): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const all: Record<string, readonly unknown[]> = {}
  for (const stateDir of [...stateDirs].sort()) {
    const directory = `${stateDir}/attachments`
    const entries: unknown[] = []
    // A later recovery removes the temporary files of a killed writer.
    for (const name of (await world.list(directory)).filter((each) => each.endsWith('.json')))
      entries.push(normalEntry((await world.readText(`${directory}/${name}`)) ?? ''))
    all[stateDir] = entries.sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))
  }
  return all
}

/** Text that is not JSON stays unchanged. */
export function normalEntry(text: string): unknown {
  try {
    return normal(JSON.parse(text))
  } catch {
    return text
  }
}

function normal(value: unknown, key = ''): unknown {
  if (CHANGING.has(key) && value !== null) return `(${key})`
  if (KEYS.has(key) && typeof value === 'string') return normalKey(value)
  if (key === 'path' && typeof value === 'string') return value.replace(/^.*\/nodes\//, '(nodes)/').replace(/^\/dev\/.*/, '(device)')
  if (Array.isArray(value)) {
    const all = value.map((each) => normal(each, KEYS.has(key) ? key : ''))
    return SIDE_BY_SIDE.has(key) ? all.sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b))) : all
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => compare(a, b))
  return Object.fromEntries(entries.map(([name, each]) => [name, normal(each, name)]))
}
/** `session 3`, `disk session 3 1`, `record /etc/iscsi/nodes/…`, and the kernel's own identity strings. */
function normalKey(text: string): string {
  return text
    .replace(/\bsession \d+/, 'session (session)')
    .replace(/^record .*\/nodes\//, 'record (nodes)/')
    .replace(/^(naa|eui|t10)\..*/, '(kernelWwid)')
}
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
