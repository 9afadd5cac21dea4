import type { CommandResult } from '../../core/host.js'
import type { Session } from '../iscsi/session.js'
import { portalText } from '../storage/network.js'
import type { IscsiadmRun } from './iscsiadm-run.js'
import { result } from './program.js'

const HIGHEST_LEVEL = 3

/** `tcp: [1] 10.99.1.1:3260,1 iqn.2004-10.example:target (non-flash)`, or trees of ever more detail for `-P 1` to `-P 3`. */
export function printSessions(run: IscsiadmRun, sessions: readonly Session[], level: number): CommandResult {
  if (level > HIGHEST_LEVEL) throw run.machine.ledger.unknown(`iscsiadm: -P ${level}`)
  if (level === 0) {
    const lines = sessions.map(({ id, iqn, parameters }) => `tcp: [${id}] ${portalText(parameters.portal)},1 ${iqn} (non-flash)\n`)
    return result(0, lines.join(''))
  }
  return result(0, sessions.map((session) => details(run, session, level).join('\n')).join('\n') + '\n')
}

function details({ machine, iscsi }: IscsiadmRun, session: Session, level: number): string[] {
  const portal = portalText(session.parameters.portal)
  const up = session.state === 'LOGGED_IN'
  const lines = [
    `Target: ${session.iqn} (non-flash)`,
    `\tCurrent Portal: ${portal},1`,
    `\tPersistent Portal: ${portal},1`,
    '\t\t**********',
    '\t\tInterface:',
    '\t\t**********',
    `\t\tIface Name: ${session.parameters.iface}`,
    '\t\tIface Transport: tcp',
    `\t\tIface Initiatorname: ${machine.settings.initiatorName}`,
    `\t\tSID: ${session.id}`,
    `\t\tiSCSI Connection State: ${up ? 'LOGGED IN' : 'TRANSPORT WAIT'}`,
    `\t\tiSCSI Session State: ${session.state}`,
    `\t\tInternal iscsid Session State: ${up ? 'NO CHANGE' : 'REPOEN'}`,
  ]
  if (level >= 2) lines.push('\t\t*********', '\t\tTimeouts:', '\t\t*********', `\t\tRecovery Timeout: ${session.recoveryTmo}`)
  if (level >= 3) {
    lines.push('\t\tAttached SCSI devices:', `\t\tHost Number: ${session.host.number}\tState: running`)
    for (const { lun, block, state } of iscsi.scsi.disksOf(session)) {
      lines.push(`\t\tscsi${session.host.number} Channel 00 Id 0 Lun: ${lun}`)
      if (block !== undefined) lines.push(`\t\t\tAttached scsi disk ${block.name}\t\tState: ${state}`)
    }
  }
  return lines
}
