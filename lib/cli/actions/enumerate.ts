import type { BlockTopology } from '../../index.js'
import type { Answer, Given, Task } from '../command.js'
import { type Column, columnNames, deviceTable, isColumn } from '../text/device-table.js'
import { topologySections, type Section } from '../text/topology.js'
import { treeChanges, treeLines } from '../text/tree.js'
import { usageError } from '../usage-error.js'

export function prepareEnumerate({ options: { follow, columns, json } }: Given): Promise<Task> {
  if (columns === undefined) return Promise.resolve(follow ? following : once)
  if (follow || json) throw usageError('--columns', `--columns cannot be combined with ${follow ? '--follow' : '--json'}`, 'enumerate')
  const wanted = columnsIn(columns)
  return Promise.resolve(async ({ attacher, call }) => {
    const topology = await (await attacher()).enumerate({ ...call, askMultipathd: true })
    return { document: topology, lines: deviceTable(topology, wanted) }
  })
}

const once: Task = async ({ attacher, call }) => {
  const topology = await (await attacher()).enumerate({ ...call, askMultipathd: true })
  return { document: topology, lines: linesOf(topologySections(topology)) }
}

function columnsIn(list: string): Column[] {
  return list.split(',').map((each) => {
    const name = each.trim().toUpperCase()
    if (isColumn(name)) return name
    throw usageError('--columns', `--columns: no column '${name}'; there are ${columnNames.join(', ')}`, 'enumerate')
  })
}

/** Prints the whole topology first, then for people only the changes. Programs get the whole topology each time. */
const following: Task = async ({ attacher, streamCall, tell }) => {
  let before: Section[] | undefined
  for await (const topology of (await attacher()).follow(streamCall())) {
    const now = topologySections(topology)
    tell(before === undefined ? { document: topology, lines: linesOf(now) } : changed(topology, before, now))
    before = now
  }
  return undefined
}
function changed(topology: BlockTopology, before: readonly Section[], now: readonly Section[]): Answer {
  const headings = new Set([...before, ...now].map(({ heading }) => heading))
  const lines = [...headings].flatMap((heading) => treeChanges(branchesOf(before, heading), branchesOf(now, heading)))
  return { document: topology, lines: lines.length === 0 ? [] : ['', ...lines] }
}
function branchesOf(sections: readonly Section[], wanted: string): Section['branches'] {
  return sections.find(({ heading }) => heading === wanted)?.branches ?? []
}
function linesOf(sections: readonly Section[]): string[] {
  return sections.flatMap((section, index) => [
    ...(index === 0 ? [] : ['']),
    section.heading,
    ...(section.branches.length === 0 ? ['none'] : treeLines(withHeadings(section))).map((line) => `  ${line}`),
  ])
}
/** Columns without any value have no heading, and are left out with it. */
function withHeadings({ headings = [], branches }: Section): Section['branches'] {
  if (headings.length === 0) return branches
  const cells = headings.map((heading, index) => (branches.some((branch) => (branch.cells[index] ?? '') !== '') ? heading : ''))
  return [{ cells, below: [] }, ...branches]
}
