/** SCSI hosts with the objects of their transport, and SCSI devices with the objects that they belong to. */
import type { Tree } from '../../core/tree.js'
import type { RemotePortNode, ScsiDeviceNode, ScsiHostNode, IscsiSessionNode } from '../../api/topology.js'
import { parseDesignators, parseSerial, wwidOf } from '../scsi/vpd.js'
import { parseSession } from './iscsi.js'
import { below, lastName, targetsOf, word, words } from './tree.js'

/** `block` is added when the block devices are known. */
export type ScsiDevice = { -readonly [K in keyof ScsiDeviceNode]: ScsiDeviceNode[K] }
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
    if (session !== undefined) device.session = session
    if (remotePort !== undefined) device.remotePort = remotePort
    return device
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
  const [handler, accessState, preferred] = [word(tree, 'dh_state'), word(tree, 'access_state'), word(tree, 'preferred_path')]
  const [vendor, model, revision] = [word(tree, 'vendor'), word(tree, 'model'), word(tree, 'rev')]
  // There are tens of thousands: one field after another is much cheaper than objects that are spread.
  const device: ScsiDevice = {
    hctl: tree.name,
    host: Number(host),
    target: `${host}:${channel}:${target}`,
    lun,
    type: types[Number(type)] ?? moreTypes[type] ?? type,
    state: word(tree, 'state') ?? 'unknown',
  }
  if (vendor !== undefined) device.vendor = vendor
  if (model !== undefined) device.model = model
  if (revision !== undefined) device.revision = revision
  if (wwid !== undefined) device.wwid = wwid
  if (serial !== undefined) device.serial = serial
  if (sg !== undefined) device.sg = sg
  if (handler !== undefined && handler !== 'detached') device.handler = handler
  if (accessState !== undefined) device.accessState = accessState
  if (preferred === '0' || preferred === '1') device.preferred = preferred === '1'
  return device
}
/**
 * The names that are addresses of devices, sorted by host, channel, target and LUN as numbers. The devices of a target are sorted by
 * themselves: that is several times faster than to compare four numbers of each of ten thousand.
 */
export function addressesOf(names: readonly string[]): readonly string[] {
  const targets = new Map<
    string,
    { readonly numbers: readonly number[]; readonly luns: { readonly name: string; readonly lun: number }[] }
  >()
  for (const name of names) {
    const end = name.lastIndexOf(':')
    const [target, lun] = [name.slice(0, Math.max(end, 0)), name.slice(end + 1)]
    const known = targets.get(target)
    if (known === undefined ? !/^[0-9]+:[0-9]+:[0-9]+:[0-9]+$/.test(name) : !/^[0-9]+$/.test(lun)) continue
    if (known === undefined) targets.set(target, { numbers: target.split(':').map(Number), luns: [{ name, lun: Number(lun) }] })
    else known.luns.push({ name, lun: Number(lun) })
  }
  const sorted = [...targets.values()].sort(({ numbers: a }, { numbers: b }) => {
    const differs = a.findIndex((number, index) => number !== b[index])
    return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0)
  })
  return sorted.flatMap(({ luns }) => luns.sort((a, b) => a.lun - b.lun).map(({ name }) => name))
}
