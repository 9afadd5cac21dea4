/** open-iscsi's ifaces (iscsiadm(8), usr/iface.c): which NIC, address or transport a session goes through. */
import type { Host } from '../../core/host.js'
import { parseRecord } from './settings-file.js'
import { DEFAULT_IFACE } from './session.js'

/** Built in, like the default: no file says it. */
const ISER = 'iser'

export interface Iface {
  readonly name: string
  /** `tcp`, `iser`, or of an offload card. */
  readonly transport: string
  /** What a node record says of it: open-iscsi takes all of this from the record, nothing from the iface's own file. */
  readonly settings: readonly (readonly [string, string])[]
  /** A TCP connect of our own would go the same way. */
  readonly probeable: boolean
}
/** Settings that bind it to a way of its own. */
const BINDINGS = ['iface.net_ifacename', 'iface.ipaddress', 'iface.hwaddress']

/** `undefined` when the host has no iface of this name. */
export async function readIface(host: Host, databaseRoot: string, name: string): Promise<Iface | undefined> {
  const content = await host.files.read(`${databaseRoot}/ifaces/${name}`)
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
