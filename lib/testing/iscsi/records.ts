/** open-iscsi's record database as iscsiadm reads and writes it (usr/idbm.c): text files below `nodes/`, in two layouts. */
import { posix } from 'node:path'

import { bytesOf } from '../files/nodes.js'
import type { Base } from '../machine/base.js'
import { type Portal, shortest } from '../storage/network.js'

export interface NodeRecord {
  readonly iqn: string
  readonly portal: Portal
  readonly tpgt: number | undefined
  readonly path: string
  readonly values: ReadonlyMap<string, string>
}
/** iscsiadm's own defaults for keys that a record lacks. They are not those of iscsid.conf. */
const compiled: ReadonlyMap<string, string> = new Map([
  ['node.session.scan', 'auto'],
  ['node.session.nr_sessions', '1'],
  ['node.session.initial_login_retry_max', '4'],
  ['node.conn[0].timeo.login_timeout', '30'],
  ['node.session.timeo.replacement_timeout', '120'],
  ['node.session.auth.authmethod', 'None'],
  ['iface.iscsi_ifacename', 'default'],
])
const LONGEST_LINE = 2047

export function valueOf(record: NodeRecord, key: string): string | undefined {
  return record.values.get(key) ?? compiled.get(key)
}
export function ifaceOf(record: NodeRecord): string {
  return valueOf(record, 'iface.iscsi_ifacename') ?? 'default'
}
export function secondsOf(record: NodeRecord, key: string): number {
  return Number(valueOf(record, key) ?? 0)
}

/** `key = value` lines. `#` begins a comment line. Lines that are too long are ignored. */
export function parseValues(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([^\s=#][^\s=]*)\s*=\s*(.*?)\s*$/.exec(line)
    if (match?.[1] !== undefined && line.length <= LONGEST_LINE) values.set(match[1], match[2] ?? '')
  }
  return values
}
export function formatRecord(values: ReadonlyMap<string, string>, version: string): string {
  const lines = [...values].map(([key, value]) => `${key} = ${value}`)
  return [`# BEGIN RECORD ${version}`, ...lines, '# END RECORD'].join('\n')
}

/** Every record of the database. Like iscsiadm, this reads all of them: O(all). */
export function readRecords(base: Base): NodeRecord[] {
  const { tree, settings } = base
  const nodes = `${settings.recordRoot}/nodes`
  return tree.names(nodes).flatMap((iqn) =>
    tree.names(`${nodes}/${iqn}`).flatMap((name) => {
      const match = /^([^,]*),([0-9]+)(?:,([0-9]+))?$/.exec(name)
      if (match?.[1] === undefined) return []
      const place = {
        iqn,
        portal: { address: match[1], port: Number(match[2]) },
        tpgt: match[3] === undefined ? undefined : Number(match[3]),
      }
      const path = `${nodes}/${iqn}/${name}`
      const files = tree.find(path)?.node.kind === 'directory' ? tree.names(path).map((iface) => `${path}/${iface}`) : [path]
      return files.map((file) => readRecord(base, place, file)).filter((record) => record !== undefined)
    }),
  )
}
function readRecord({ tree, ledger }: Base, place: Omit<NodeRecord, 'path' | 'values'>, path: string): NodeRecord | undefined {
  const text = tree.text(path)
  if (text === undefined) return undefined
  const mode = tree.find(path)?.node.mode
  if (mode !== 0o600) ledger.problem(`the record ${path} has the mode ${(mode ?? 0).toString(8)}, not 600: it may hold a secret`)
  const values = parseValues(text)
  if (values.get('node.name') !== place.iqn) ledger.problem(`the record ${path} says node.name = ${values.get('node.name') ?? ''}`)
  const address = values.get('node.conn[0].address')
  const port = values.get('node.conn[0].port')
  if (address === undefined || port === undefined) ledger.problem(`the record ${path} has no address or port`)
  return { ...place, portal: { address: shortest(address ?? place.portal.address), port: Number(port ?? place.portal.port) }, path, values }
}

/** Writes a record in place and without waiting for the disk, as iscsiadm does. */
export function writeRecord({ tree, settings }: Base, path: string, values: ReadonlyMap<string, string>): void {
  tree.directory(posix.dirname(path), 0o700)
  tree.file(path, bytesOf(`${formatRecord(values, settings.openIscsiVersion)}\n`), { mode: 0o600 })
}
/** Deletes a record, and the directories that it leaves empty. */
export function deleteRecord({ tree, settings }: Base, path: string): void {
  tree.remove(path)
  const nodes = `${settings.recordRoot}/nodes`
  for (let above = posix.dirname(path); above !== nodes && tree.names(above).length === 0; above = posix.dirname(above)) {
    tree.remove(above)
  }
}
