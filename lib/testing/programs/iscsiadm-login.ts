import type { CommandResult } from '../../core/host.js'
import { ISCSI_ERR } from '../iscsi/iscsid.js'
import { ifaceOf, type NodeRecord, valueOf } from '../iscsi/records.js'
import { never } from '../machine/process.js'
import type { IscsiadmRun } from './iscsiadm-run.js'
import { result } from './program.js'

const reasons: Readonly<Record<number, string>> = {
  [ISCSI_ERR.timeout]: 'connection timed out',
  [ISCSI_ERR.internal]: 'internal error',
  [ISCSI_ERR.sessionExists]: 'session exists',
  [ISCSI_ERR.fatalLogin]: 'encountered non-retryable iSCSI login failure',
  [ISCSI_ERR.noIscsid]: 'could not connect to iscsid',
  [ISCSI_ERR.auth]: 'iSCSI login failed due to authorization failure',
}

/** Sends all requests first, then awaits the answers. With `noWait` it does not await them. */
export async function login(run: IscsiadmRun, records: readonly NodeRecord[], noWait: boolean): Promise<CommandResult> {
  const { daemon } = run.iscsi
  if (!daemon.running) return result(ISCSI_ERR.noIscsid, '', 'iscsiadm: can not connect to iscsid daemon (111)!\n')
  const logins = records.map((record) => daemon.login(record))
  const stdout = records.map((record) => `Logging in to ${nameOf(record)}\n`).join('')
  if (noWait) return result(0, stdout)
  const answers = await Promise.all(records.map((record, index) => run.until(answered(run, record, logins[index]))))
  const failed = answers.map((answer, index) => ({ answer, record: records[index] })).filter(({ answer }) => answer !== 0)
  const worked = records.filter((_, index) => answers[index] === 0).map((record) => `Login to ${nameOf(record)} successful.\n`)
  const lines = failed.map(({ answer, record }) => {
    const what = record === undefined ? '' : nameOf(record)
    return `iscsiadm: Could not login to ${what}.\niscsiadm: initiator reported error (${answer} - ${reasons[answer] ?? 'unknown error'})\n`
  })
  const stderr = failed.length === 0 ? '' : `${lines.join('')}iscsiadm: Could not log into all portals\n`
  return result(failed.at(-1)?.answer ?? 0, stdout + worked.join(''), stderr)
}

/** If there is nothing to scan, 2.1.10 never answers a login without `--no_wait`. The session comes up all the same. */
async function answered(run: IscsiadmRun, record: NodeRecord, login: Promise<number> | undefined): Promise<number> {
  const answer = (await login) ?? ISCSI_ERR.internal
  const forgotten = run.machine.settings.openIscsiVersion === '2.1.10' && valueOf(record, 'node.session.scan') === 'manual'
  return forgotten && answer === ISCSI_ERR.none ? await never<number>() : answer
}
function nameOf(record: NodeRecord): string {
  return `[iface: ${ifaceOf(record)}, target: ${record.iqn}, portal: ${record.portal.address},${record.portal.port}]`
}
