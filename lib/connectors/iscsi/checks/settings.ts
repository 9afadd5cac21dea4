/** The doctor's check of the settings that open-iscsi gives to new records. */
import { findProgram } from '../../../linux/find-program.js'
import { parseRecord } from '../../../linux/iscsi/settings-file.js'
import { type CheckContext, type Finding, note, ok, seen, warning } from '../../../operation/host-check.js'

export const CONFIGURATION = '/etc/iscsi/iscsid.conf'
const LONG_REPLACEMENT_SEC = 30
/** How the kernel finds out that a portal is gone: interval and time-out of NOP-Out. */
const PINGS = ['node.conn[0].timeo.noop_out_interval', 'node.conn[0].timeo.noop_out_timeout'] as const
/** How long a login of another program takes at most: their product. */
const LOGIN = ['node.conn[0].timeo.login_timeout', 'node.session.initial_login_retry_max'] as const

export async function settings(context: CheckContext): Promise<Finding> {
  const text = await context.host.files.read(CONFIGURATION)
  if (text === undefined) return note("There is no iscsid.conf: open-iscsi's compiled defaults apply", [seen(CONFIGURATION, text)])
  const values = parseRecord(text)
  const shown = (key: string) => seen(CONFIGURATION, `${key} = ${values.get(key) ?? 'not set'}`)
  const [startup, timeout] = ['node.startup', 'node.session.timeo.replacement_timeout'] as const
  const evidence = [startup, timeout, ...PINGS, ...LOGIN].map(shown)
  if (values.get(startup) === 'automatic')
    return warning(
      'New records are of automatic startup: each boot logs in to every target that was ever discovered',
      evidence,
      `Set ${startup} = manual. Records of Brickwork are manual already`,
    )
  // With one of them 0, the kernel takes 5 s in its place (drivers/scsi/libiscsi.c, iscsi_conn_start).
  if (PINGS.every((key) => values.get(key) === '0'))
    return warning(
      'Sessions of other programs do not notice a dead portal: their I/O hangs until TCP gives up',
      evidence,
      `Unless the root file system is on iSCSI, set ${PINGS.join(' and ')} to 5 s. Records of Brickwork have that already`,
    )
  const hasMultipath = (await findProgram(context.host, 'multipathd')) !== undefined
  const seconds = Number(values.get(timeout) ?? 120)
  return hasMultipath && (seconds > LONG_REPLACEMENT_SEC || seconds < 0)
    ? note(
        `I/O waits ${seconds < 0 ? 'for ever' : `${seconds} s`} on a lost path before multipath uses another one`,
        evidence,
        `Set ${timeout} to 5 to 20 s, or policy.iscsi.replacementTimeoutSec`,
      )
    : ok('The settings of sessions are suitable', evidence)
}
