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
        device.type,
        device.transport ?? null,
        device.content?.type ?? null,
        device.content?.label ?? null,
        device.content?.uuid ?? null,
        device.partitionEntry?.uuid ?? null,
        device.mounts.map(({ where }) => where),
      ],
      [
        row?.['maj:min'],
        row?.size,
        row?.ro,
        row?.hctl,
        row?.state,
        row?.vendor?.trim() ?? null,
        row?.type,
        row?.tran,
        row?.fstype,
        row?.label,
        row?.uuid,
        row?.partuuid,
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
    .map(({ session, target, portal, iface, state, host, initiatorName, recoverySeconds, connections, ...more }) => ({
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
      parameters: parametersOf({ connections, ...more }),
      disks: whole.devices
        .filter((device) => device.session === session)
        .map(({ name }) => name)
        .sort(),
    }))
  equal(sessions.length, 4, 'sessions')
  const bySession = (a: { session: number }, b: { session: number }) => a.session - b.session
  equal(sessions.sort(bySession), said.sort(bySession), 'sessions by iscsiadm')
}

/** As iscsiadm prints them (usr/iscsiadm.c, print_iscsi_params). */
function parametersOf({
  abortSeconds,
  lunResetSeconds,
  targetResetSeconds,
  negotiated,
  connections: [connection],
}: Pick<
  BlockTopology['sessions'][number],
  'abortSeconds' | 'lunResetSeconds' | 'targetResetSeconds' | 'negotiated' | 'connections'
>): Readonly<Record<string, string>> {
  const yesNo = (value: boolean | undefined) => (value === true ? 'Yes' : 'No')
  const digest = (value: boolean | undefined) => (value === true ? 'CRC32C' : 'None')
  return {
    'Target Reset Timeout': String(targetResetSeconds),
    'LUN Reset Timeout': String(lunResetSeconds),
    'Abort Timeout': String(abortSeconds),
    HeaderDigest: digest(connection?.headerDigest),
    DataDigest: digest(connection?.dataDigest),
    MaxRecvDataSegmentLength: String(connection?.maxReceiveBytes),
    MaxXmitDataSegmentLength: String(connection?.maxTransmitBytes),
    FirstBurstLength: String(negotiated.firstBurstBytes),
    MaxBurstLength: String(negotiated.maxBurstBytes),
    ImmediateData: yesNo(negotiated.immediateData),
    InitialR2T: yesNo(negotiated.initialR2t),
    MaxOutstandingR2T: String(negotiated.maxOutstandingR2t),
  }
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
    const paths = device.paths.map(({ name: path, state, checkerState, priority }) => {
      const { hctl, number } = deviceIn(whole, path)
      return [hctl, path, number, state, checkerState, priority].join(' ')
    })
    const counted = (words: readonly string[]) => (words.length === 0 ? '0' : [words.length, ...words].join(' '))
    const { features = [], hardwareHandler, groups = [] } = device.map ?? {}
    const vendor = whole.scsiDevices.find(({ hctl }) => hctl === deviceIn(whole, device.slaves[0] ?? '').hctl)?.vendor
    return {
      wwid: device.wwid ?? '',
      device: name,
      vendor: vendor ?? '',
      features: counted(features),
      handler: counted(hardwareHandler?.split(' ') ?? []),
      groups: groups.map(({ selector, state }) => `${selector} ${state}`),
      paths: paths.sort(),
    }
  })
  equal(
    seen.sort((a, b) => a.device.localeCompare(b.device)),
    said,
    'maps by multipath -ll',
  )
}
