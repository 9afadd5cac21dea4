/**
 * The parts of sysfs that a topology is read from. Each object is read in one place only:
 * - Hosts with their sessions and remote ports from the top down. This shows which objects belong together, regardless of their names.
 * - SCSI devices and block devices from their flat lists, as many at a time as the caller requests.
 */
import type { Plan, PlanChild, PlanNode } from '../../core/tree.js'

/** Subsystems of the kernel whose events may change the topology. */
export const SUBSYSTEMS = [
  'block',
  'scsi',
  'scsi_host',
  'iscsi_session',
  'iscsi_connection',
  'fc_host',
  'fc_remote_ports',
  'nvme',
  'nvme-subsystem',
]

const within = (pattern: string, ...children: readonly PlanChild[]): PlanChild => ({ pattern, node: { children } })
const links = (pattern: string, node: PlanNode): PlanChild => ({ pattern, follow: true, node })
const named = (pattern: string): PlanChild => ({ pattern, node: {} })

// Not the session's `username` and `password`, which contain the credentials.
const session = within(
  'session*',
  within('iscsi_session', {
    pattern: 'session*',
    node: {
      attributes: [
        'targetname',
        'state',
        'ifacename',
        'tpgt',
        'initiatorname',
        'recovery_tmo',
        'abort_tmo',
        'lu_reset_tmo',
        'tgt_reset_tmo',
        'first_burst_len',
        'max_burst_len',
        'max_outstanding_r2t',
        'immediate_data',
        'initial_r2t',
        'erl',
      ],
    },
  }),
  within(
    'connection*',
    within('iscsi_connection', {
      pattern: 'connection*',
      node: {
        attributes: [
          'address',
          'port',
          'persistent_address',
          'persistent_port',
          'state',
          'local_ipaddr',
          'header_digest',
          'data_digest',
          'max_recv_dlength',
          'max_xmit_dlength',
          'recv_tmo',
          'ping_tmo',
        ],
      },
    }),
  ),
  named('target*'),
)
const remotePort = within(
  'rport-*',
  within('fc_remote_ports', { pattern: 'rport-*', node: { attributes: ['port_name', 'node_name', 'port_id', 'roles', 'port_state'] } }),
  named('target*'),
)
const scsiHost: PlanNode = {
  attributes: ['proc_name', 'state'],
  children: [
    links('device', {
      children: [
        within('iscsi_host', { pattern: 'host*', node: { attributes: ['initiatorname', 'ipaddress', 'netdev', 'hwaddress'] } }),
        within('fc_host', {
          pattern: 'host*',
          node: { attributes: ['node_name', 'port_name', 'port_id', 'port_type', 'port_state', 'speed', 'fabric_name'] },
        }),
        session,
        remotePort,
      ],
    }),
  ],
}
const scsiDevice: PlanNode = {
  attributes: ['type', 'state', 'vendor', 'model', 'rev', 'vpd_pg80', 'vpd_pg83', 'dh_state', 'access_state', 'preferred_path'],
  links: ['generic'],
}
const blockDevice: PlanNode = {
  attributes: [
    'dev',
    'size',
    'ro',
    'diskseq',
    'partition',
    '../dev', // the disk of a partition
    'queue/logical_block_size',
    'wwid',
    'nsid',
    'serial',
    'dm/name',
    'dm/uuid',
    'dm/suspended',
    'loop/backing_file',
  ],
  links: ['device'],
  // `holders` has the same links, seen from below.
  children: [within('slaves', links('*', {}))],
}
const subsystem: PlanNode = {
  attributes: ['subsysnqn', 'model', 'serial', 'iopolicy'],
  children: [links('nvme*', {})],
}
const controller: PlanNode = {
  attributes: ['transport', 'address', 'state', 'cntlid'],
  children: [{ pattern: 'nvme*', node: { attributes: ['ana_state'] } }],
}

export const BLOCK_DEVICES = '/sys/class/block'
export const SCSI_DEVICES = '/sys/bus/scsi/devices'
const among = (root: string, names: readonly string[], node: PlanNode): Plan => ({
  root,
  node: { children: [{ pattern: '*', names, follow: true, node }] },
})
export const blockDevices = (names: readonly string[]): Plan => among(BLOCK_DEVICES, names, blockDevice)
export const scsiDevices = (names: readonly string[]): Plan => among(SCSI_DEVICES, names, scsiDevice)
export const allElse: Plan = {
  root: '/sys/class',
  node: {
    children: [
      within('scsi_host', links('host*', scsiHost)),
      within('nvme-subsystem', links('nvme-subsys*', subsystem)),
      within('nvme', links('nvme*', controller)),
    ],
  },
}
