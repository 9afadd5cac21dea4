// The files that a topology query reads, as flat groups for the peer programs. They come from the library's own plan, so all read the same
// files.
import { builtLibrary } from '../../built.mjs'

const { allElse, blockDevices, scsiDevices } = /** @type {typeof import('../../../lib/linux/topology/plan.js')} */ (
  await builtLibrary('linux/topology/plan.js')
)

/** @typedef {import('../../../lib/core/tree.js').PlanNode} PlanNode */
/**
 * If a directory ends in `!`, the directory itself is the entry.
 * @typedef {readonly [directory: string, attributes: readonly string[], links: readonly string[], subdirectories: readonly string[]]} Group
 */

/** @param {readonly string[]} numbers of block devices @returns {Group[]} */
export function groupsOf(numbers) {
  const hosts = firstOf(allElse.node.children?.find(({ pattern }) => pattern === 'scsi_host')?.node)
  const [block, device] = [firstOf(blockDevices([]).node), firstOf(scsiDevices([]).node)]
  return [
    ['sys/class/block', block.attributes ?? [], block.links ?? [], ['slaves']],
    ['sys/bus/scsi/devices', device.attributes ?? [], device.links ?? [], []],
    ['sys/class/scsi_host', hosts.attributes ?? [], [], []],
    ['run/udev/data!', numbers.map((number) => `b${number}`), [], []],
  ]
}

/** @param {PlanNode | undefined} node @returns {PlanNode} */
const firstOf = (node) => node?.children?.[0]?.node ?? {}

/** @param {readonly Group[]} groups */
export const asText = (groups) =>
  groups.map(([directory, ...lists]) => [directory, ...lists.map((list) => list.join())].join('\t')).join('\n')
