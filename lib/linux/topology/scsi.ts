/** SCSI hosts with the objects of their transport, and SCSI devices with the objects that they belong to. */
import type { Tree } from '../../core/tree.js'
import type { RemotePortNode, ScsiDeviceNode, ScsiHostNode, IscsiSessionNode } from '../../api/topology.js'
import { parseDesignators, parseSerial, wwidOf } from '../scsi/vpd.js'
import { parseSession } from './iscsi.js'
import { below, lastName, switches, targetsOf, word, words } from './tree.js'

export type ScsiDevice = Omit<ScsiDeviceNode, 'block'>
export interface ScsiTopology {
  readonly hosts: readonly ScsiHostNode[]
  readonly sessions: readonly Omit<IscsiSessionNode, 'attachments'>[]
  readonly remotePorts: readonly RemotePortNode[]
  /** Parses the directory of a SCSI device. There may be many, so the caller parses them in parts. */
  readonly parse: (tree: Tree) => ScsiDevice
}

export function parseScsi(classes: Tree): ScsiTopology {
  const trees = below(classes, 'scsi_host')
  const hosts = trees.flatMap((tree) => parseHost(tree) ?? []).sort((a, b) => a.host - b.host)
  const sessions = trees.flatMap(sessionsOf).sort((a, b) => a.session - b.session)
  const remotePorts = trees.flatMap(remotePortsOf)
  const sessionOf = new Map(sessions.flatMap(({ session, targets }) => targets.map((target) => [target, session] as const)))
  const portOf = new Map(remotePorts.flatMap(({ name, targets }) => targets.map((target) => [target, name] as const)))
  const parse = (tree: Tree): ScsiDevice => {
    const device = parseDevice(tree)
    const [session, remotePort] = [sessionOf.get(device.target), portOf.get(device.target)]
    return { ...device, ...(session === undefined ? {} : { session }), ...(remotePort === undefined ? {} : { remotePort }) }
  }
  return { hosts, sessions, remotePorts, parse }
}

function parseHost(tree: Tree): ScsiHostNode | undefined {
  const device = tree.child('device')
  const state = word(tree, 'state')
  if (state === undefined) return undefined
  const [iscsi] = device === undefined ? [] : below(device, 'iscsi_host')
  const [fc] = device === undefined ? [] : below(device, 'fc_host')
  return {
    host: hostNumber(tree),
    driver: word(tree, 'proc_name') ?? 'unknown',
    state,
    ...(iscsi === undefined
      ? {}
      : { iscsi: words(iscsi, { initiatorName: 'initiatorname', address: 'ipaddress', netdev: 'netdev', hwaddress: 'hwaddress' }) }),
    ...(fc === undefined
      ? {}
      : {
          fibreChannel: words(fc, {
            nodeName: 'node_name',
            portName: 'port_name',
            portId: 'port_id',
            portType: 'port_type',
            portState: 'port_state',
            speed: 'speed',
            fabricName: 'fabric_name',
          }),
        }),
  }
}
function sessionsOf(host: Tree): Omit<IscsiSessionNode, 'attachments'>[] {
  const sessions = host.child('device')?.children('session*') ?? []
  return sessions.flatMap((tree) => parseSession(tree, hostNumber(host)) ?? [])
}
function remotePortsOf(host: Tree): RemotePortNode[] {
  return (host.child('device')?.children('rport-*') ?? []).flatMap((tree) => {
    const [port] = below(tree, 'fc_remote_ports')
    if (port === undefined) return []
    const fields = { portName: 'port_name', nodeName: 'node_name', portId: 'port_id', roles: 'roles', state: 'port_state' }
    return { name: tree.name, host: hostNumber(host), ...words(port, fields), targets: targetsOf(tree) }
  })
}
function hostNumber({ name }: Tree): number {
  return Number(name.replace(/^host/, ''))
}

/** include/scsi/scsi_proto.h */
const types: readonly (string | undefined)[] = ['disk', 'tape', 'printer', 'processor', 'worm', 'rom', 'scanner', 'mod', 'changer']
const moreTypes: Readonly<Record<string, string>> = { '12': 'raid', '13': 'enclosure', '14': 'rbc', '17': 'osd', '20': 'zbc' }

function parseDevice(tree: Tree): ScsiDevice {
  const [host = '', channel = '', target = '', lun = ''] = tree.name.split(':')
  const [page80, page83] = [tree.bytes('vpd_pg80'), tree.bytes('vpd_pg83')]
  const wwid = page83 === undefined ? undefined : wwidOf(parseDesignators(page83))
  const serial = page80 === undefined ? undefined : parseSerial(page80)
  const sg = lastName(tree.link('generic'))
  const type = word(tree, 'type') ?? 'unknown'
  const [handler, accessState] = [word(tree, 'dh_state'), word(tree, 'access_state')]
  return {
    hctl: tree.name,
    host: Number(host),
    target: [host, channel, target].join(':'),
    lun,
    type: types[Number(type)] ?? moreTypes[type] ?? type,
    state: word(tree, 'state') ?? 'unknown',
    ...words(tree, { vendor: 'vendor', model: 'model', revision: 'rev' }),
    ...(wwid === undefined ? {} : { wwid }),
    ...(serial === undefined ? {} : { serial }),
    ...(sg === undefined ? {} : { sg }),
    ...(handler === undefined || handler === 'detached' ? {} : { handler }),
    ...(accessState === undefined ? {} : { accessState }),
    ...switches(tree, { preferred: 'preferred_path' }),
  }
}
/** The names that are addresses of devices, sorted by host, channel, target and LUN as numbers. */
export function addressesOf(names: readonly string[]): readonly string[] {
  const placed = names.flatMap((name) => {
    const [, host, channel, target, lun] = /^([0-9]+):([0-9]+):([0-9]+):([0-9]+)$/.exec(name) ?? []
    return lun === undefined ? [] : [{ name, host: Number(host), channel: Number(channel), target: Number(target), lun: Number(lun) }]
  })
  placed.sort((a, b) => a.host - b.host || a.channel - b.channel || a.target - b.target || a.lun - b.lun)
  return placed.map(({ name }) => name)
}
