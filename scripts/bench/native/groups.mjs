// What a picture reads, as flat groups for the peers: made from the library's own plan, so that nobody is measured on other files.
import { sysfs } from '../../../dist/lib/linux/picture/plan.js'

/** @returns `[directory, attributes, links, subdirectories]`; a directory that ends in `!` is itself what is read */
export function groupsOf(numbers) {
  const inClass = (name) => sysfs.node.children[0].node.children.find(({ pattern }) => pattern === name).node.children[0].node
  const [block, device] = [inClass('block'), sysfs.node.children[1].node.children[0].node.children[0].node.children[0].node]
  return [
    ['sys/class/block', block.attributes, block.links, ['slaves']],
    ['sys/bus/scsi/devices', device.attributes, device.links, []],
    ['sys/class/scsi_host', inClass('scsi_host').attributes, [], []],
    ['run/udev/data!', numbers.map((number) => `b${number}`), [], []],
  ]
}
export const asText = (groups) =>
  groups.map(([directory, ...lists]) => [directory, ...lists.map((list) => list.join())].join('\t')).join('\n')
