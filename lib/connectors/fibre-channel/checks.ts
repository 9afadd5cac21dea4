/** The doctor's checks of Fibre Channel. A host without ports has nothing to say. */
import { type LocalPort, ONLINE, readLocalPorts } from '../../linux/fc/local-port.js'
import type { RemotePort } from '../../linux/fc/remote-port.js'
import { multipathdRuns } from '../../linux/multipath/process.js'
import { type CheckContext, type Fact, type Finding, type HostCheck, note, ok, problem, seen, warning } from '../../operation/host-check.js'

const PORTS = '/sys/class/fc_host'
const REMOTE = '/sys/class/fc_remote_ports'
const SCAN = '/sys/module/scsi_mod/parameters/scan'
const NONE = 'This host has no Fibre Channel port'
const MOST_SHOWN = 8

const localPorts: Fact<readonly LocalPort[]> = ({ host, signal }) => readLocalPorts(host, signal)

export const fibreChannelChecks: readonly HostCheck[] = [
  {
    id: 'fc.ports',
    group: 'fc',
    title: 'every Fibre Channel port of the host is online',
    reads: `\`${PORTS}/*/port_state\``,
    run: ports,
  },
  {
    id: 'fc.remote-ports',
    group: 'fc',
    title: 'no remote port that was a target is lost',
    reads: `\`${REMOTE}/*/port_state\``,
    run: remotePorts,
  },
  {
    id: 'fc.loss-times',
    group: 'fc',
    title: 'below multipath, I/O to a lost port fails before its disks go',
    reads: `\`${REMOTE}/*/fast_io_fail_tmo\`, \`dev_loss_tmo\``,
    run: lossTimes,
  },
  { id: 'fc.scan', group: 'fc', title: 'the kernel carries out scans', reads: `\`${SCAN}\``, run: scan },
]

async function ports({ once }: CheckContext): Promise<Finding> {
  const all = await once(localPorts)
  if (all.length === 0) return ok(NONE, [seen(PORTS, 'no port')])
  const evidence = all.slice(0, MOST_SHOWN).map(({ host, wwpn, state }) => seen(`${PORTS}/host${host}`, `${wwpn} ${state}`))
  const offline = all.filter(({ state }) => state !== ONLINE)
  if (offline.length === 0) return ok(`All ${all.length} Fibre Channel ports are online`, evidence)
  if (offline.length < all.length) return note(`${offline.length} of ${all.length} Fibre Channel ports are not online`, evidence)
  return problem('ERR_TARGET_UNREACHABLE', 'No Fibre Channel port is online', evidence, 'Check the cables, and the ports of the switch')
}
async function remotePorts({ once }: CheckContext): Promise<Finding> {
  const all = await remoteOf(once)
  const lost = all.filter(({ remote: { state } }) => ['Blocked', 'Not Present', 'Offline', 'Error'].includes(state))
  if (lost.length === 0)
    return ok(all.length === 0 ? 'No remote port is seen' : `No remote port is lost`, [seen(REMOTE, `${all.length} ports`)])
  return warning(
    `${lost.length} of ${all.length} remote ports are lost`,
    lost.slice(0, MOST_SHOWN).map(({ remote: { name, wwpn, state } }) => seen(`${REMOTE}/${name}`, `${wwpn} ${state}`)),
    'If the array still has these ports, check its cables and the zones of the fabric',
  )
}
async function lossTimes({ host, once }: CheckContext): Promise<Finding> {
  const all = await remoteOf(once)
  const slow = all.filter(({ remote: { fastIoFailSec, targetId } }) => targetId !== undefined && fastIoFailSec === undefined)
  if (slow.length === 0 || !(await multipathdRuns(host))) return ok('No I/O below a map waits for the removal of a disk', [])
  const evidence = slow
    .slice(0, MOST_SHOWN)
    .map(({ remote: { name, devLossSec } }) => seen(`${REMOTE}/${name}`, `fast_io_fail_tmo off, dev_loss_tmo ${devLossSec ?? 'off'}`))
  return note(
    `I/O to ${slow.length} remote ports waits until their disks are removed, if they are lost`,
    evidence,
    'multipathd sets fast_io_fail_tmo for the ports of its maps (multipath.conf(5)). Set it for ports that are in no map yet if attaches must not wait',
  )
}
async function scan({ host, once }: CheckContext): Promise<Finding> {
  const mode = (await host.files.read(SCAN))?.trim()
  if ((await once(localPorts)).length === 0) return ok(NONE, [seen(SCAN, mode)])
  if (mode !== 'none') return ok('The kernel carries out scans', [seen(SCAN, mode)])
  return problem(
    'ERR_UNSUPPORTED',
    'The kernel carries out no scan, so no LUN can be found',
    [seen(SCAN, mode)],
    'Remove scsi_mod.scan=none from the kernel command line',
  )
}
async function remoteOf(once: CheckContext['once']): Promise<{ readonly port: LocalPort; readonly remote: RemotePort }[]> {
  return (await once(localPorts)).flatMap((port) => port.remote.map((remote) => ({ port, remote })))
}
