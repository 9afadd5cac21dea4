import type { CommandResult } from '../../core/host.js'
import { formatRecord, type NodeRecord, parseValues, writeRecord } from '../iscsi/records.js'
import { portalText } from '../storage/network.js'
import type { IscsiadmArguments } from './iscsiadm-arguments.js'
import { withDatabaseLock } from './iscsiadm-lock.js'
import { parseChosenPortal } from './iscsiadm-selection.js'
import { type Invocation, result } from './program.js'

/** `-o new`: creates a record from the defaults of iscsid.conf, in place of an existing one. Without `,TPGT` the record is a flat file. */
export async function newRecord(run: Invocation, { target, portal, iface = 'default' }: IscsiadmArguments): Promise<CommandResult> {
  if (target === undefined || portal === undefined) throw run.machine.ledger.unknown('iscsiadm: -o new without -T or -p')
  const { address, port, tpgt } = parseChosenPortal(portal)
  const values = new Map([
    ['node.name', target],
    ['node.tpgt', String(tpgt ?? -1)],
    ['iface.iscsi_ifacename', iface],
    ['iface.transport_name', 'tcp'],
    ['node.discovery_type', 'static'],
    ...parseValues(run.machine.tree.text('/etc/iscsi/iscsid.conf') ?? ''),
    ['node.conn[0].address', address],
    ['node.conn[0].port', String(port)],
  ])
  const nodes = `${run.machine.settings.recordRoot}/nodes/${target}`
  const path = tpgt === undefined ? `${nodes}/${address},${port}` : `${nodes}/${address},${port},${tpgt}/${iface}`
  const done = await withDatabaseLock(run, () => writeRecord(run.machine, path, values))
  if (done === 'no lock') return result(6, '', 'iscsiadm: Could not lock discovery DB: Timed out\n')
  return result(0, `New iSCSI node [tcp:[hw=,ip=,net_if=,iscsi_if=${iface}] ${address},${port},${tpgt ?? -1} ${target}] added\n`)
}
export async function updateRecord(run: Invocation, records: readonly NodeRecord[], args: IscsiadmArguments): Promise<CommandResult> {
  const done = await withDatabaseLock(run, () => {
    for (const record of records) {
      const values = new Map(record.values)
      for (const [index, name] of args.names.entries()) values.set(name, args.values[index] ?? '')
      writeRecord(run.machine, record.path, values)
    }
  })
  return done === 'no lock' ? result(6, '', 'iscsiadm: Could not lock discovery DB: Timed out\n') : result(0)
}
/** Shows secrets as asterisks. */
export function showRecord(records: readonly NodeRecord[]): CommandResult {
  const shown = records.map(({ values }) =>
    formatRecord(new Map([...values].map(([key, value]) => [key, key.includes('password') && value !== '' ? '********' : value])), '2.1.8'),
  )
  return result(0, `${shown.join('\n')}\n`)
}
/** `10.99.1.1:3260,1 iqn.2004-10.example:target` */
export function printRecords(records: readonly NodeRecord[]): CommandResult {
  return result(0, records.map(({ portal, tpgt, iqn }) => `${portalText(portal)},${tpgt ?? -1} ${iqn}\n`).join(''))
}
