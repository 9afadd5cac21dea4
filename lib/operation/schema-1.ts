/** Reads entries of schema 1, which are never written. Their only transports were iSCSI and local devices. */
import { type Data, dataShape, type Entry, type EntryResult, type HostObject, type Pending } from './entry.js'
import { boolean, listOf, nullable, number, object, oneOf, optional, type Shape, text } from './shape.js'

interface Path1 {
  device: string
  hctl?: string
  portal?: string
  target?: string
  iface?: string
  session?: number
  state: string
}
const path = object({
  device: text,
  hctl: optional(text),
  portal: optional(text),
  target: optional(text),
  iface: optional(text),
  session: optional(number),
  state: text,
})
interface Result1 extends Pick<EntryResult, 'device' | 'sizeBytes' | 'logicalBlockSize' | 'readOnly' | 'stableLink'> {
  wwid?: string
  serial?: string
  paths: Path1[]
}
const result = object({
  device: text,
  wwid: optional(text),
  serial: optional(text),
  sizeBytes: number,
  logicalBlockSize: number,
  readOnly: boolean,
  paths: listOf(path),
  stableLink: nullable(text),
})
interface Object1 {
  kind: string
  key: string
  origin: keyof typeof ORIGINS
  data: Data
}
const ORIGINS = { found: 'found', making: 'intended', made: 'created' } as const

export interface Entry1 extends Pick<Entry, 'id' | 'owner' | 'boot' | 'pid' | 'atMs' | 'connection' | 'onNoPaths'> {
  schema: 1
  state: 'attaching' | 'attached' | 'detaching'
  ways?: { iqn: string; portal: string; lun: string }[]
  objects: Object1[]
  pending: { kind: string; key: string; untilMs: number; data: Data }[]
  result: Result1 | null
}
export const entry1Shape: Shape = object({
  schema: oneOf(1),
  id: text,
  owner: text,
  boot: text,
  state: oneOf('attaching', 'attached', 'detaching'),
  pid: number,
  atMs: number,
  connection: object({ protocol: text }),
  ways: optional(listOf(object({ iqn: text, portal: text, lun: text }))),
  objects: listOf(object({ kind: text, key: text, origin: oneOf(...Object.keys(ORIGINS)), data: dataShape })),
  pending: listOf(object({ kind: text, key: text, untilMs: number, data: dataShape })),
  result: nullable(result),
  onNoPaths: optional(oneOf('fail', 'fail-io')),
})

/** Converts the entry to the current schema. */
export function upgraded({ ways, objects, pending, result: attached, ...same }: Entry1): Entry {
  const { targets } = same.connection as { targets?: unknown }
  const named = ways?.length ?? (Array.isArray(targets) ? targets.length : 1)
  return {
    ...same,
    schema: 2,
    ...(ways === undefined ? {} : { paths: ways }),
    objects: objects.map(upgradedObject),
    pending: pending.map((each): Pending => ({ ...each, ...commonOf(each.data['iqn']) })),
    layers: [],
    publications: [],
    result: attached === null ? null : upgradedResult(attached, same.connection.protocol, named),
  }
}

function upgradedObject({ kind, key, origin: before, data: all }: Object1): HostObject {
  const origin = ORIGINS[before]
  const { session, ...rest } = all
  if (kind !== 'disk' || session === undefined)
    return { kind, key, origin, ...commonOf(all['iqn'], kind === 'disk' ? all['kernelWwid'] : undefined), data: all }
  const nexus = `session ${String(session)}`
  return { kind, key: `disk ${nexus} ${String(rest['lun'])}`, origin, ...commonOf(rest['kernelWwid']), data: { nexus, ...rest } }
}
function commonOf(...values: unknown[]): { common?: string[] } {
  const common = values.filter((value) => typeof value === 'string')
  return common.length === 0 ? {} : { common }
}

function upgradedResult({ paths, ...same }: Result1, protocol: string, named: number): EntryResult {
  const scheme = protocol === 'local' ? 'local' : 'scsi'
  return {
    ...same,
    kind: 'block',
    path: same.device,
    identity: same.wwid === undefined ? null : { scheme, id: same.wwid },
    paths: paths.map(({ device, state, hctl, portal, target, iface = 'default', session }) => ({
      device,
      state,
      label: portal ?? device,
      ...(hctl === undefined ? {} : { hctl }),
      ...(portal === undefined ? {} : { iscsi: { portal, target, iface, session } }),
    })),
    named,
  }
}
