/** SendTargets discovery, in the form that prints what it finds and writes nothing. */
import type { CommandResult } from '../../core/host.js'
import { ISCSI_ERR } from '../iscsi/iscsid.js'
import { parseValues } from '../iscsi/records.js'
import { keyOf, type Portal, portalText } from '../storage/network.js'
import type { IscsiadmArguments } from './iscsiadm-arguments.js'
import { withDatabaseLock } from './iscsiadm-lock.js'
import { parseChosenPortal } from './iscsiadm-selection.js'
import type { IscsiadmRun } from './iscsiadm-run.js'
import { result } from './program.js'

/** The shipped iscsid.conf: six attempts, a second apart after a refusal, with 15 s for an answer each. */
const ATTEMPTS = 6
const REFUSED_MS = 1000
const SILENCE_MS = 15_000
const FAILED = 'iscsiadm: Could not perform SendTargets discovery'

/** `discovery` uses the settings of iscsid.conf, `discoverydb` those that the database has for the portal. */
export async function discover(run: IscsiadmRun, args: IscsiadmArguments): Promise<CommandResult> {
  const { machine } = run
  const { type, portal, operation, mode, iface } = args
  if (type !== 'sendtargets' || portal === undefined || operation !== 'nonpersistent' || args.discover !== (mode === 'discoverydb'))
    throw machine.ledger.unknown(`iscsiadm: a discovery by ${run.argv.slice(1).join(' ')}`)
  if (iface !== undefined && !knowsIface(run, iface))
    return result(ISCSI_ERR.noObjects, '', `iscsiadm: Could not read iface info for ${iface}.\n`)
  const chosen = parseChosenPortal(portal)
  const values = mode === 'discovery' ? new Map<string, string>() : await withDatabaseLock(run, () => settings(run, chosen))
  if (values === 'no lock') return result(6, '', 'iscsiadm: Could not lock discovery DB: Timed out\n')
  const attempts = Number(values.get('discovery.sendtargets.reopen_max') ?? ATTEMPTS - 1) + 1
  const silenceMs = Number(values.get('discovery.sendtargets.timeo.login_timeout') ?? SILENCE_MS / 1000) * 1000
  for (let attempt = 0; attempt < attempts; attempt++) {
    const reachability = run.iscsi.network.reachability(chosen)
    if (reachability === 'open') return await shown(run, chosen, values)
    await run.pause(reachability === 'mute' || reachability === 'drop' ? silenceMs : REFUSED_MS)
  }
  return result(ISCSI_ERR.pduTimeout, '', `${FAILED}: iSCSI PDU timed out\n`)
}

function settings({ machine }: IscsiadmRun, { address, port }: Portal): Map<string, string> {
  const place = `${machine.settings.recordRoot}/send_targets/${address},${port}`
  const path = machine.tree.find(place)?.node.kind === 'directory' ? `${place}/st_config` : place
  const mode = machine.tree.find(path)?.node.mode
  if (mode !== undefined && mode !== 0o600) machine.ledger.problem(`the discovery record ${path} has the mode ${mode.toString(8)}, not 600`)
  return parseValues(machine.tree.text(path) ?? '')
}

/** At any portal, LIO shows every target that it has, with all portals of each. */
async function shown(run: IscsiadmRun, portal: Portal, values: ReadonlyMap<string, string>): Promise<CommandResult> {
  const { settings } = run.machine
  const { targets } = run.iscsi
  await run.pause(settings.delays.login)
  const chap = targets.discoveryChap
  const value = (key: string) => values.get(`discovery.sendtargets.auth.${key}`)
  if (chap !== undefined && !(value('authmethod') === 'CHAP' && value('username') === chap.username && value('password') === chap.secret)) {
    const why = 'Login failed to authenticate with target'
    return result(ISCSI_ERR.auth, '', `iscsiadm: ${why}\n${FAILED}: iSCSI login failed due to authorization failure\n`)
  }
  const listens = targets.targets().some(({ portals }) => portals.some((each) => keyOf(each) === keyOf(portal)))
  const lines = targets.targets().flatMap(({ iqn, portals }) => portals.map((each) => `${portalText(each)},1 ${iqn}\n`))
  return listens ? result(0, lines.join('')) : result(ISCSI_ERR.noObjects, '', 'iscsiadm: No portals found\n')
}

/** `default` is built in. */
function knowsIface({ machine }: IscsiadmRun, name: string): boolean {
  return name === 'default' || machine.tree.find(`${machine.settings.recordRoot}/ifaces/${name}`) !== undefined
}
