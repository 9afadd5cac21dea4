import type { BlockTopology } from '../../index.js'
import type { Answer, Command } from '../command.js'
import { topologySections, type Section } from '../text/topology.js'
import { treeChanges, treeLines } from '../text/tree.js'

export const enumerate: Command = {
  name: 'enumerate',
  operands: '',
  mostOperands: 0,
  summary: 'Shows the block devices of this host, their paths, what is built on them and which attachment they belong to',
  options: ['follow'],
  about: [
    'Each volume is followed by its paths (state by device-mapper or ANA, SCSI address, LUN, portal, session or remote port),',
    'its file system with where it is mounted, its partitions, and the devices that are built on it.',
    'It queries no device and no daemon. With --json it prints the whole topology as one document.',
  ],
  prepare: ({ options: { follow } }) => Promise.resolve(follow ? following : once),
}

const once: Awaited<ReturnType<Command['prepare']>> = async (attacher, call) => {
  const topology = await attacher.enumerate(call)
  return { document: topology, lines: linesOf(topologySections(topology)) }
}

/** Prints the whole topology first, then for people only the changes. Programs get the whole topology each time. */
const following: typeof once = async (attacher, call, tell) => {
  let before: Section[] | undefined
  for await (const topology of attacher.follow(call)) {
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
