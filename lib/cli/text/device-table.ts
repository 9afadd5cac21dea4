/** The devices of the host as a table of chosen columns, like `lsblk -o`. */
import type { BlockDeviceNode, BlockTopology, PathNode } from '../../index.js'
import { columns } from './layout.js'
import { formatSize } from './size.js'
import { accessOf, isMap, VolumeView } from './volume.js'

interface Row {
  readonly device: BlockDeviceNode
  /** The map of which the device is a path, and the path. */
  readonly map?: BlockDeviceNode
  readonly path?: PathNode
}
type Value = (row: Row, view: VolumeView) => string | number | undefined

const groupOf = ({ map, path }: Row) => (path?.group === undefined ? undefined : map?.map?.groups[path.group - 1])
const values = {
  KNAME: ({ device }) => device.name,
  PATH: ({ device }) => device.device,
  'MAJ:MIN': ({ device }) => device.number,
  TYPE: ({ device }) => device.type,
  TRAN: ({ device }) => device.transport,
  SIZE: ({ device }) => formatSize(device.sizeBytes),
  BYTES: ({ device }) => device.sizeBytes,
  RO: ({ device }) => (device.readOnly ? 1 : 0),
  'LOG-SEC': ({ device }) => device.logicalBlockSize,
  FSTYPE: ({ device }) => device.content?.type ?? device.mounts[0]?.fsType,
  FSVER: ({ device }) => device.content?.version,
  LABEL: ({ device }) => device.content?.label,
  UUID: ({ device }) => device.content?.uuid,
  PTTYPE: ({ device }) => device.content?.partitionTable,
  PARTUUID: ({ device }) => device.partitionEntry?.uuid,
  PARTLABEL: ({ device }) => device.partitionEntry?.name,
  PARTTYPE: ({ device }) => device.partitionEntry?.type,
  MOUNTPOINTS: ({ device }) => [...device.mounts.map(({ where }) => where), ...(device.swap ? ['[SWAP]'] : [])].join(','),
  WWID: ({ device }) => device.wwid,
  SERIAL: ({ device }) => device.serial,
  VENDOR: ({ device }, view) => view.product(device)?.vendor,
  MODEL: ({ device }, view) => view.product(device)?.model,
  REV: ({ device }, view) => view.product(device)?.revision,
  HCTL: ({ device }) => device.hctl,
  LUN: ({ device }, view) => view.scsiOf(device)?.lun,
  STATE: ({ device }, view) =>
    device.dmSuspended === undefined ? view.scsiOf(device)?.state : device.dmSuspended ? 'suspended' : 'running',
  HANDLER: ({ device }, view) => view.scsiOf(device)?.handler,
  ALUA: ({ device }, view) => {
    const scsi = view.scsiOf(device)
    return scsi === undefined ? undefined : accessOf(scsi)
  },
  DMNAME: ({ device }) => device.dmName,
  DMUUID: ({ device }) => device.dmUuid,
  FEATURES: ({ device }) => device.map?.features.join(' '),
  HWHANDLER: ({ device }) => device.map?.hardwareHandler,
  POLICY: (row) => groupOf(row)?.selector,
  GROUP: ({ path }) => path?.group,
  GROUPSTATE: (row) => groupOf(row)?.state,
  DMSTATE: ({ path }) => path?.state,
  FAILURES: ({ path }) => path?.failures,
  CHECKER: ({ path }) => path?.checker,
  CHKSTATE: ({ path }) => path?.checkerState,
  PRIO: ({ path }) => path?.priority,
  PORTAL: ({ device }, view) => view.sessionOf(device)?.portal,
  TARGET: ({ device }, view) => view.sessionOf(device)?.target,
  SESSION: ({ device }) => device.session,
  SESSTATE: ({ device }, view) => view.sessionOf(device)?.state,
  IFACE: ({ device }, view) => view.sessionOf(device)?.iface,
  RPORT: ({ device }) => device.remotePort,
  ATTACHMENT: ({ device }) => device.attachments.map(({ id }) => id).join(','),
  OWNER: ({ device }) => [...new Set(device.attachments.map(({ owner }) => owner))].join(','),
} as const satisfies Record<string, Value>

const NAME = 'NAME'
export type Column = typeof NAME | keyof typeof values
/** `NAME` shows the tree: paths below their map, partitions below their disk, devices below those that they are built on. */
export const columnNames: readonly Column[] = [NAME, ...(Object.keys(values) as (keyof typeof values)[])]

export function isColumn(name: string): name is Column {
  return (columnNames as readonly string[]).includes(name)
}

export function deviceTable(topology: BlockTopology, wanted: readonly Column[]): string[] {
  const view = new VolumeView(topology)
  const cellOf = (column: Column, row: Row, name: string) => {
    const value: Value = column === NAME ? () => name : values[column]
    return String(value(row, view) ?? '')
  }
  const rows = rowsOf(view).map(({ name, row }) => wanted.map((column) => cellOf(column, row, name)))
  return columns([wanted, ...rows])
}

interface NamedRow {
  readonly name: string
  readonly row: Row
}
function rowsOf(view: VolumeView): NamedRow[] {
  return view.roots().flatMap((device) => [{ name: titleOf(device), row: { device } }, ...below(view, { device }, new Set([device.name]))])
}
function below(view: VolumeView, { device }: Row, seen: ReadonlySet<string>): NamedRow[] {
  const paths = isMap(device)
    ? device.paths.flatMap((path): Row[] => {
        const disk = view.device(path.name)
        return disk === undefined ? [] : [{ device: disk, map: device, path }]
      })
    : []
  const rows = [...paths, ...view.above(device).map((each): Row => ({ device: each }))].filter((row) => !seen.has(row.device.name))
  return rows.flatMap((row, index) => {
    const [corner, rail] = index === rows.length - 1 ? ['└─', '  '] : ['├─', '│ ']
    const more = below(view, row, new Set([...seen, row.device.name]))
    return [{ name: corner + titleOf(row.device), row }, ...more.map((each) => ({ ...each, name: rail + each.name }))]
  })
}
function titleOf({ name, dmName }: BlockDeviceNode): string {
  return dmName ?? name
}
