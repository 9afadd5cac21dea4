import type { BlockPicture, DevicePicture } from '../../types.js'
import type { Command } from '../command.js'
import { columns } from '../text/layout.js'
import { formatSize } from '../text/size.js'

export const enumerate: Command = {
  name: 'enumerate',
  operands: '',
  mostOperands: 0,
  summary: 'Shows iSCSI sessions and block devices of this host, and which belongs to which',
  options: [],
  about: [],
  prepare: () =>
    Promise.resolve(async (attacher, call) => {
      const picture = await attacher.enumerate(call)
      return { document: picture, lines: tree(picture) }
    }),
}

/** A place in the tree: how deep, and the columns of its line. */
type Row = readonly [depth: number, ...cells: string[]]

function tree({ sessions, devices }: BlockPicture): string[] {
  const byName = new Map(devices.map((device) => [device.name, device]))
  const withHolders = (device: DevicePicture, depth: number): Row[] => [
    rowOf(device, depth),
    ...device.holders.flatMap((name) => {
      const holder = byName.get(name)
      return holder === undefined ? [] : withHolders(holder, depth + 1)
    }),
  ]
  const disksOf = (session: number) => devices.filter((device) => device.session === session)
  // What stands on another device is shown there.
  const roots = devices.filter(
    // Loop and RAM devices that nobody has set up have no size.
    ({ session, slaves, sizeBytes }) => session === undefined && sizeBytes > 0 && !slaves.some((name) => byName.has(name)),
  )
  return [
    'Sessions',
    ...(sessions.length === 0 ? ['  none'] : []),
    ...sessions.flatMap(({ session, host, target, portal, iface, state }) => [
      `  [${session}] ${target} at ${portal} (host${host}, ${iface}, ${state})`,
      ...print(disksOf(session).flatMap((disk) => withHolders(disk, 2))),
    ]),
    'Other devices',
    ...(roots.length === 0 ? ['  none'] : []),
    ...print(roots.flatMap((device) => withHolders(device, 1))),
  ]
}
function rowOf({ name, sizeBytes, readOnly, hctl, wwid, dmName }: DevicePicture, depth: number): Row {
  return [depth, name, formatSize(sizeBytes), readOnly ? 'ro' : 'rw', hctl ?? '', wwid ?? dmName ?? '']
}
function print(rows: readonly Row[]): string[] {
  return columns(rows.map(([depth, name = '', ...cells]) => ['  '.repeat(depth) + name, ...cells]))
}
