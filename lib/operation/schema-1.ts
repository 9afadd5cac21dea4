/** Reads entries of schema 1, which are never written. Their only transports were iSCSI and local devices. */
import { z } from 'zod'
import type { Entry, EntryResult, HostObject, Pending } from './entry.js'

const data = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))
const path = z.object({
  device: z.string(),
  hctl: z.string().optional(),
  portal: z.string().optional(),
  target: z.string().optional(),
  iface: z.string().optional(),
  session: z.number().optional(),
  state: z.string(),
})
const result = z.object({
  device: z.string(),
  wwid: z.string().optional(),
  serial: z.string().optional(),
  sizeBytes: z.number(),
  logicalBlockSize: z.number(),
  readOnly: z.boolean(),
  paths: z.array(path),
  stableLink: z.string().nullable(),
})
const entry = z.object({
  schema: z.literal(1),
  id: z.string(),
  owner: z.string(),
  boot: z.string(),
  state: z.enum(['attaching', 'attached', 'detaching']),
  pid: z.number(),
  atMs: z.number(),
  connection: z.looseObject({ protocol: z.string() }),
  ways: z.array(z.object({ iqn: z.string(), portal: z.string(), lun: z.string() })).optional(),
  objects: z.array(z.object({ kind: z.string(), key: z.string(), origin: z.enum(['found', 'making', 'made']), data })),
  pending: z.array(z.object({ kind: z.string(), key: z.string(), untilMs: z.number(), data })),
  result: result.nullable(),
  onNoPaths: z.enum(['fail', 'fail-io']).optional(),
})
type Entry1 = z.infer<typeof entry>

/** Converts the entry to the current schema. */
export function upgradeSchema1(value: unknown): z.ZodSafeParseResult<Entry> {
  return entry.transform(upgraded).safeParse(value)
}

function upgraded({ ways, objects, pending, result: attached, ...same }: Entry1): Entry {
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

const ORIGINS = { found: 'found', making: 'intended', made: 'created' } as const

function upgradedObject({ kind, key, origin: before, data: all }: Entry1['objects'][number]): HostObject {
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

function upgradedResult({ paths, ...same }: NonNullable<Entry1['result']>, protocol: string, named: number): EntryResult {
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
