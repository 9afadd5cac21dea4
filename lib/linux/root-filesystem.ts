import { parseMountinfo } from './block/mountinfo.js'
import type { HostFacts } from './host-facts.js'
import { parseUdevRecord } from './udev/database.js'

/** UUID of the file system that the host's first process has as `/`, from udev's record of its device. */
export async function readRootUuid(facts: HostFacts): Promise<string | undefined> {
  const mounts = parseMountinfo((await facts.text('/proc/1/mountinfo')) ?? '')
  // The last one covers the others.
  const root = mounts.filter(({ where }) => where === '/').at(-1)
  if (root === undefined) return undefined
  const number = root.number.startsWith('0:') ? await numberOf(facts, root.source) : root.number
  const record = number === undefined ? undefined : await facts.text(`/run/udev/data/b${number}`)
  return record === undefined ? undefined : parseUdevRecord(record).properties.get('ID_FS_UUID')
}

/** A file system over several devices has no device number. It is found by the device that it was mounted from. */
async function numberOf(facts: HostFacts, source: string): Promise<string | undefined> {
  const node = /^\/dev\/./.test(source) ? await facts.resolve(source) : undefined
  const name = node?.slice(node.lastIndexOf('/') + 1)
  return name === undefined ? undefined : await facts.text(`/sys/class/block/${name}/dev`)
}
