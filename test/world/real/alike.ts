/** Compares a topology with the output of other programs on the same host, field by field. */
import type { BlockTopology, BlockDeviceNode } from '../../../lib/index.js'
import { IQN, equal } from '../expect.js'
import { devicesByLsblk, diskBySysfs, mapsByMultipath, pathsByDmsetup, sessionsByIscsiadm } from './topology.js'

function deviceIn({ devices }: BlockTopology, name: string): BlockDeviceNode {
  return devices.find((device) => device.name === name) ?? ({ name: `no ${name}` } as BlockDeviceNode)
}

export async function likeSysfs(whole: BlockTopology, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const seen = await diskBySysfs(name)
    const device = deviceIn(whole, name)
    const { number, sizeBytes, readOnly, diskseq, logicalBlockSize, holders, slaves } = device
    equal(
      { number, sizeBytes, readOnly, diskseq, logicalBlockSize, holders: [...holders].sort(), slaves: [...slaves].sort() },
      {
        number: seen.number,
        sizeBytes: seen.sizeBytes,
        readOnly: seen.readOnly,
        diskseq: seen.diskseq,
        logicalBlockSize: seen.logicalBlockSize,
        holders: seen.holders,
        slaves: seen.slaves,
      },
      `${name} in sysfs`,
    )
    equal([device.dmName ?? '', device.dmUuid ?? '', device.hctl ?? ''], [seen.dmName, seen.dmUuid, seen.hctl], `${name}: names`)
    if (seen.hctl === '') continue
    const scsi = whole.scsiDevices.find(({ hctl }) => hctl === seen.hctl)
    equal(
      [device.session, scsi?.session, scsi?.block, scsi?.state, scsi?.vendor, scsi?.model, scsi?.serial, scsi?.sg],
      [seen.session, seen.session, name, seen.state, seen.vendor, seen.model, seen.serial, seen.sg],
      `${name}: the SCSI device`,
    )
    equal(device.wwid, seen.naa.replace(/^naa\./, '3'), `${name}: WWID`)
  }
}

export async function likeLsblk(whole: BlockTopology, names: readonly string[]): Promise<void> {
  const rows = await devicesByLsblk()
  for (const name of names) {
    const row = rows.find(({ kname }) => kname === name)
    const device = deviceIn(whole, name)
    const disk = whole.scsiDevices.find(({ hctl }) => hctl === device.hctl)
    // For a map, lsblk shows device-mapper's state: `running` or `suspended`.
    const state = disk?.state ?? (device.dmUuid === undefined ? null : device.dmSuspended === true ? 'suspended' : 'running')
    equal(
      [
        device.number,
        device.sizeBytes,
        device.readOnly,
        device.hctl ?? null,
        state,
        disk?.vendor ?? null,
        device.udev?.properties['ID_FS_TYPE'] ?? null,
        device.mounts.map(({ where }) => where),
      ],
      [
        row?.['maj:min'],
        row?.size,
        row?.ro,
        row?.hctl,
        row?.state,
        row?.vendor?.trim() ?? null,
        row?.fstype,
        row?.mountpoints.filter((where) => where !== null),
      ],
      `${name} by lsblk`,
    )
  }
}

export async function likeIscsiadm(whole: BlockTopology): Promise<void> {
  const said = (await sessionsByIscsiadm()).filter(({ target }) => target === IQN)
  const sessions = whole.sessions
    .filter(({ target }) => target === IQN)
    .map(({ session, target, portal, iface, state, host, initiatorName, recoverySeconds, connections }) => ({
      target,
      session,
      portal: connections[0]?.portal ?? '',
      persistent: portal,
      iface,
      initiatorName: initiatorName ?? '',
      connection: connections[0]?.state === 'up' ? 'LOGGED IN' : (connections[0]?.state ?? ''),
      state,
      host,
      recoverySeconds: recoverySeconds ?? Number.NaN,
      disks: whole.devices
        .filter((device) => device.session === session)
        .map(({ name }) => name)
        .sort(),
    }))
  equal(sessions.length, 4, 'sessions')
  const bySession = (a: { session: number }, b: { session: number }) => a.session - b.session
  equal(sessions.sort(bySession), said.sort(bySession), 'sessions by iscsiadm')
}

export async function likeDmsetup(whole: BlockTopology, maps: readonly string[]): Promise<void> {
  for (const name of maps) {
    const device = deviceIn(whole, name)
    const { table, status } = await pathsByDmsetup(device.dmName ?? '')
    const paths = device.paths.map(({ name: path, state, group }) => ({ number: deviceIn(whole, path).number, state, group }))
    equal(paths.length, 4, `paths of ${name}`)
    equal(
      paths.map(({ number, group }) => [number, group]),
      table.map(({ number, group }) => [number, group]),
      `${name} by dmsetup table`,
    )
    equal(
      paths.map(({ number, state }) => [number, state]),
      status.map(({ number, state }) => [number, state]),
      `${name} by dmsetup status`,
    )
  }
}

export async function likeMultipath(whole: BlockTopology, maps: readonly string[]): Promise<void> {
  const said = (await mapsByMultipath()).sort((a, b) => a.device.localeCompare(b.device))
  const seen = maps.map((name) => {
    const device = deviceIn(whole, name)
    const paths = device.paths.map(({ name: path, state }) => {
      const { hctl, number } = deviceIn(whole, path)
      return [hctl, path, number, state].join(' ')
    })
    const vendor = whole.scsiDevices.find(({ hctl }) => hctl === deviceIn(whole, device.slaves[0] ?? '').hctl)?.vendor
    return { wwid: device.wwid ?? '', device: name, vendor: vendor ?? '', paths: paths.sort() }
  })
  equal(
    seen.sort((a, b) => a.device.localeCompare(b.device)),
    said,
    'maps by multipath -ll',
  )
}
