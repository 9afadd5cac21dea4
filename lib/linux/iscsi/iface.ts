/** open-iscsi's ifaces (iscsiadm(8), usr/iface.c): the NIC, address or transport that a session uses. */
import type { IscsiIfaceIdentity } from '../../api/identity.js'
import type { Host } from '../../core/host.js'
import type { HostFacts } from '../host-facts.js'
import { DATABASE_ROOTS } from './installation.js'
import { parseRecord } from './settings-file.js'
import { DEFAULT_IFACE } from './session.js'

/** Built in, like the default. It has no file. */
const ISER = 'iser'

export interface Iface {
  readonly name: string
  /** `tcp`, `iser`, or the transport of an offload card. */
  readonly transport: string
  /** The iface's settings for a node record. open-iscsi reads them from the record only, not from the iface's own file. */
  readonly settings: readonly (readonly [string, string])[]
  /** A TCP connect by Brickwork would take the same network path as the session. */
  readonly probeable: boolean
}
/** Settings that bind the iface to a NIC or an address. */
const BINDINGS = ['iface.net_ifacename', 'iface.ipaddress', 'iface.hwaddress']

export async function readIface(host: Host, databaseRoot: string, name: string): Promise<Iface | undefined> {
  return ifaceIn(name, await host.files.read(ifaceFile(databaseRoot, name)))
}
export const ifaceFile = (databaseRoot: string, name: string): string => `${databaseRoot}/ifaces/${name}`
/** The iface in the text of its file. `undefined` when the host has no iface with this name. */
export function ifaceIn(name: string, content: string | undefined): Iface | undefined {
  if (content === undefined) return name === DEFAULT_IFACE ? builtInIface(name) : name === ISER ? builtInIface(name, 'iser') : undefined
  const values = new Map([...parseRecord(content)].filter(([key, value]) => key.startsWith('iface.') && value !== ''))
  values.set('iface.iscsi_ifacename', name)
  const transport = values.get('iface.transport_name') ?? 'tcp'
  values.set('iface.transport_name', transport)
  const probeable = transport === 'tcp' && !BINDINGS.some((key) => values.has(key))
  return { name, transport, settings: [...values], probeable }
}

export function builtInIface(name: string, transport = 'tcp'): Iface {
  const settings = [
    ['iface.iscsi_ifacename', name],
    ['iface.transport_name', transport],
  ] as const
  return { name, transport, settings, probeable: transport === 'tcp' }
}

/** As iscsiadm writes a value that is not set. */
const NOT_SET: readonly (string | undefined)[] = ['', '<empty>']
const FIELDS = {
  netdev: 'iface.net_ifacename',
  address: 'iface.ipaddress',
  hwaddress: 'iface.hwaddress',
  initiatorName: 'iface.initiatorname',
} as const

/** Ifaces with a file, in both directories that iscsiadm may use: only a run of it shows which it uses. */
export async function readIfaces(facts: HostFacts): Promise<IscsiIfaceIdentity[]> {
  const found = new Map<string, IscsiIfaceIdentity>()
  for (const root of DATABASE_ROOTS)
    for (const name of await facts.names(`${root}/ifaces`)) {
      const values = parseRecord((await facts.text(`${root}/ifaces/${name}`)) ?? '')
      // A file without settings is an example.
      if (found.has(name) || ![...values.keys()].some((key) => key.startsWith('iface.'))) continue
      const set = Object.entries(FIELDS).filter(([, key]) => !NOT_SET.includes(values.get(key) ?? ''))
      const fields: Partial<IscsiIfaceIdentity> = Object.fromEntries(set.map(([field, key]) => [field, values.get(key)]))
      found.set(name, { name, transport: values.get('iface.transport_name') ?? 'tcp', ...fields })
    }
  return [...found.values()]
}
