// What a picture reads, as flat groups for the peers: made from the library's own plan, so that nobody is measured on other files.
import { allElse, blockDevices, scsiDevices } from '../../../dist/lib/linux/picture/plan.js'

/** @returns `[directory, attributes, links, subdirectories]`; a directory that ends in `!` is itself what is read */
export function groupsOf(numbers) {
  const hosts = allElse.node.children.find(({ pattern }) => pattern === 'scsi_host').node.children[0].node
  const [block, device] = [blockDevices([]), scsiDevices([])].map(({ node }) => node.children[0].node)
  return [
    ['sys/class/block', block.attributes, block.links, ['slaves']],
    ['sys/bus/scsi/devices', device.attributes, device.links, []],
    ['sys/class/scsi_host', hosts.attributes, [], []],
    ['run/udev/data!', numbers.map((number) => `b${number}`), [], []],
  ]
}
export const asText = (groups) =>
  groups.map(([directory, ...lists]) => [directory, ...lists.map((list) => list.join())].join('\t')).join('\n')
