import type { BlockTopology } from '../../index.js'
import type { Answer, Given, Task } from '../command.js'
import { topologySections, type Section } from '../text/topology.js'
import { treeChanges, treeLines } from '../text/tree.js'

export function prepareEnumerate({ options: { follow } }: Given): Promise<Task> {
  return Promise.resolve(follow ? following : once)
}

const once: Task = async ({ attacher, call }) => {
  const topology = await (await attacher()).enumerate(call)
  return { document: topology, lines: linesOf(topologySections(topology)) }
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
  return sections.flatMap(({ heading, branches }, index) => [
    ...(index === 0 ? [] : ['']),
    heading,
    ...(branches.length === 0 ? ['none'] : treeLines(branches)).map((line) => `  ${line}`),
  ])
}
