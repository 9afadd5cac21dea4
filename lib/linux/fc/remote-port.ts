/** Remote ports of a Fibre Channel fabric (drivers/scsi/scsi_transport_fc.c). */
import type { Tree } from '../../core/tree.js'
import { worldWideName } from './wwn.js'

/** A port of the fabric, as one port of this host sees it. */
export interface RemotePort {
  /** `rport-3:0-1`: SCSI host, channel, and a number that says nothing. */
  readonly name: string
  readonly wwpn: string
  readonly wwnn: string | undefined
  readonly channel: number
  /** The number of the SCSI target. The kernel gives it when the port first shows the target role, and keeps it for the port. */
  readonly targetId: number | undefined
  /** `Online`, `Blocked`, `Not Present`, … (fc_port_state_names) */
  readonly state: string
  /** What the port is: `FCP Target`, `NVMe Target`, … (fc_port_role_names). Empty while it logs in. */
  readonly roles: readonly string[]
  /** Seconds until I/O to a lost port fails; `undefined` if that is off, as it is by default. */
  readonly fastIoFailSec: number | undefined
  /** Seconds until the kernel removes the disks of a lost port. */
  readonly devLossSec: number | undefined
}

export const REMOTE_PORT_ATTRIBUTES = [
  'port_name',
  'node_name',
  'port_state',
  'roles',
  'scsi_target_id',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
]
/** States in which the kernel scans a port and sends commands to it (fc_user_scan_tgt). */
const PASSES = ['Online', 'Marginal']
const TARGET = 'FCP Target'

/** The entry of class `fc_remote_ports`. `undefined` for a port that is just being created or removed. */
export function parseRemotePort(tree: Tree): RemotePort | undefined {
  const channel = /^rport-[0-9]+:([0-9]+)-[0-9]+$/.exec(tree.name)?.[1]
  const wwpn = worldWideName(tree.text('port_name') ?? '')
  const state = tree.text('port_state')
  if (channel === undefined || wwpn === undefined || state === undefined) return undefined
  return {
    name: tree.name,
    wwpn,
    wwnn: worldWideName(tree.text('node_name') ?? ''),
    channel: Number(channel),
    targetId: numberOf(tree.text('scsi_target_id')),
    state,
    roles: rolesOf(tree.text('roles')),
    fastIoFailSec: numberOf(tree.text('fast_io_fail_tmo')),
    devLossSec: numberOf(tree.text('dev_loss_tmo')),
  }
}
/** `FCP Target, FCP Initiator`; `unknown` while the port logs in. */
function rolesOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '' && role !== 'unknown')
}
/** `off` and −1 stand for none. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined
}

/** Why a scan of this port reaches no disk now; `undefined` if it does. */
export function whyUnreached({ state, roles, targetId }: RemotePort): string | undefined {
  if (!PASSES.includes(state)) return `its state is ${state}`
  if (roles.includes(TARGET)) return targetId === undefined ? 'the kernel has given it no target number yet' : undefined
  if (roles.includes('NVMe Target')) return 'it offers only NVMe, no SCSI target'
  return roles.length === 0 ? 'it has not finished its login' : `it is no SCSI target, but ${roles.join(', ')}`
}
