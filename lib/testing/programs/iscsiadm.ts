/** iscsiadm: selects records or sessions and requests from iscsid what the command line says. */
import type { CommandResult } from '../../core/host.js'
import { ISCSI_ERR } from '../iscsi/iscsid.js'
import { deleteRecord, ifaceOf, type NodeRecord, readRecords } from '../iscsi/records.js'
import type { Session } from '../iscsi/session.js'
import { portalText } from '../storage/network.js'
import { type IscsiadmArguments, parseArguments } from './iscsiadm-arguments.js'
import { discover } from './iscsiadm-discovery.js'
import { withDatabaseLock } from './iscsiadm-lock.js'
import { login } from './iscsiadm-login.js'
import { newRecord, printRecords, showRecord, updateRecord } from './iscsiadm-records.js'
import { printSessions } from './iscsiadm-sessions.js'
import { recordMatches, sessionMatches } from './iscsiadm-selection.js'
import type { IscsiadmRun, IscsiParts } from './iscsiadm-run.js'
import { type Program, result } from './program.js'

/** @param iscsi returns the parts of open-iscsi in the boot in which the program runs. */
export function iscsiadm(iscsi: () => IscsiParts): Program {
  return (run) => main({ ...run, iscsi: iscsi() })
}

async function main(run: IscsiadmRun): Promise<CommandResult> {
  const args = parseArguments(run.argv.slice(1))
  if (args.unknown.length > 0) throw run.machine.ledger.unknown(`iscsiadm: ${args.unknown.join(' ')}`)
  await run.pause(run.machine.settings.delays.command)
  if (args.version) return result(0, `iscsiadm version ${run.machine.settings.openIscsiVersion}\n`)
  if (args.mode === 'node') return await nodeMode(run, args)
  if (args.mode === 'session') return await sessionMode(run, args)
  if (args.mode === 'discovery' || args.mode === 'discoverydb') return await discover(run, args)
  throw run.machine.ledger.unknown(`iscsiadm: mode ${args.mode ?? '(none)'}`)
}

async function nodeMode(run: IscsiadmRun, args: IscsiadmArguments): Promise<CommandResult> {
  if (args.logout)
    return await logout(
      run,
      sessions(run).filter((session) => sessionMatches(session, args)),
    )
  if (args.operation === 'new') return await newRecord(run, args)
  const records = await withDatabaseLock(run, () => readRecords(run.machine).filter((record) => recordMatches(record, args)))
  if (records === 'no lock') return result(6, '', 'iscsiadm: Could not lock discovery DB: Timed out\n')
  if (records.length === 0) return result(ISCSI_ERR.noObjects, '', 'iscsiadm: No records found\n')
  if (args.login) return await login(run, records, args.noWait)
  switch (args.operation) {
    case undefined:
      return args.target === undefined ? printRecords(records) : showRecord(records)
    case 'show':
      return showRecord(records)
    case 'delete':
      return removeRecords(run, records)
    case 'update':
      return await updateRecord(run, records, args)
    default:
      throw run.machine.ledger.unknown(`iscsiadm: operation ${args.operation}`)
  }
}

async function sessionMode(run: IscsiadmRun, args: IscsiadmArguments): Promise<CommandResult> {
  const all = sessions(run)
  const chosen = args.sid === undefined ? all : all.filter(({ id }) => id === args.sid)
  if (args.sid !== undefined && chosen.length === 0) {
    return result(ISCSI_ERR.sysfs, '', `iscsiadm: Could not get session info for sid ${args.sid}\n`)
  }
  if (args.operation !== undefined) throw run.machine.ledger.unknown(`iscsiadm: operation ${args.operation} of a session`)
  if (args.logout) return await logout(run, chosen)
  if (chosen.length === 0) return result(ISCSI_ERR.noObjects, '', 'iscsiadm: No active sessions.\n')
  return printSessions(run, chosen, args.print)
}

async function logout(run: IscsiadmRun, chosen: readonly Session[]): Promise<CommandResult> {
  const { daemon } = run.iscsi
  if (chosen.length === 0) return result(ISCSI_ERR.noObjects, '', 'iscsiadm: No matching sessions found\n')
  const answers = await Promise.all(chosen.map((session) => run.until(daemon.logout(session))))
  const lines = chosen.map(({ id, iqn, parameters }, index) => {
    const what = `[sid: ${id}, target: ${iqn}, portal: ${parameters.portal.address},${parameters.portal.port}]`
    return answers[index] === 0 ? `Logout of ${what} successful.\n` : `iscsiadm: Could not logout of ${what}.\n`
  })
  return result(answers.find((answer) => answer !== 0) ?? 0, lines.join(''))
}

/** Stops at a record that a session uses. */
function removeRecords(run: IscsiadmRun, records: readonly NodeRecord[]): CommandResult {
  for (const record of records) {
    const inUse = sessions(run).some(
      ({ iqn, parameters }) =>
        iqn === record.iqn && portalText(parameters.portal) === portalText(record.portal) && parameters.iface === ifaceOf(record),
    )
    if (inUse) {
      const what = `[iface: ${ifaceOf(record)}, target: ${record.iqn}, portal: ${record.portal.address},${record.portal.port}]`
      const why = 'but a session is using it. Logout session then rerun command to remove record.'
      return result(ISCSI_ERR.sessionExists, '', `iscsiadm: This command will remove the record ${what}, ${why}\n`)
    }
    deleteRecord(run.machine, record.path)
  }
  return result(0)
}
function sessions(run: IscsiadmRun): Session[] {
  return run.iscsi.kernel.all()
}
