import type { Host } from '../../core/host.js'
import type { Tree } from '../../core/tree.js'
import type { UdevNode } from '../../api/topology.js'
import { aboutOf, isOfAnother, type RecordedDevice } from '../udev/about.js'
import { parseUdevRecord, type UdevRecord } from '../udev/database.js'

export const fileOf = (number: string) => `b${number}`

/** Reads the records of these devices in one go. {@link udevOf} parses each when it is used. */
export async function readUdev(host: Host, numbers: readonly string[], signal: AbortSignal): Promise<Tree> {
  return await host.kernel.readTree({ root: '/run/udev/data', node: { attributes: numbers.map(fileOf) } }, signal)
}
/** `undefined` until udev has described the device: the record may be about a former device with this number. */
export function udevOf(tree: Tree, device: RecordedDevice, paths: readonly RecordedPath[]): UdevNode | undefined {
  const record = recordIn(tree, device)
  if (record === undefined) return undefined
  const described = paths.flatMap((disk) => {
    const own = recordIn(disk.records, disk.device)
    return own !== undefined && aboutOf(own, disk.device) === 'this' ? [{ disk: disk.device, record: own }] : []
  })
  if (isOfAnother(record, device, described)) return undefined
  const { initialized, links, properties } = record
  return { initialized, links: links.map((link) => `/dev/${link}`), properties: Object.fromEntries(properties) }
}
/** A disk below a map, and the part of the database that contains its record. */
export interface RecordedPath {
  readonly device: RecordedDevice
  readonly records: Tree
}
function recordIn(tree: Tree, { device }: RecordedDevice): UdevRecord | undefined {
  const text = tree.text(fileOf(device))
  return text === undefined ? undefined : parseUdevRecord(text)
}
