/** The topology of hosts that no fake models: as files that the addon reads. */
import { describe, expect, test } from 'vitest'

import { BrickworkError } from '../../../../lib/core/errors.js'
import { blockDevice, classLink, look, plant, processOf } from './planted.js'

const disk = 'sys/devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda'

describe('block devices', () => {
  test('a disk, its partitions, what stands on them, and where that is mounted', async () => {
    const picture = await look(
      await plant({
        ...blockDevice(disk, '8:0', { 'queue/logical_block_size': '512', diskseq: '9', device: { link: '../../../0:0:0:0' }, ro: '1' }),
        ...blockDevice(`${disk}/sda1`, '8:1', { partition: '1', size: '1024' }),
        ...blockDevice(`${disk}/sda2`, '8:2', { partition: '2' }),
        ...blockDevice('sys/devices/virtual/block/dm-0', '254:0', {
          'dm/name': 'vg-root',
          'dm/uuid': 'LVM-xyz',
          'dm/suspended': '1',
          'slaves/sda2': { link: `../../../../${disk.replace('sys/devices/', '')}/sda2` },
        }),
        ...blockDevice('sys/devices/virtual/block/loop0', '7:0', { 'loop/backing_file': '/var/image' }),
        ...processOf(1, 10, '30 1 254:0 / / rw,relatime - ext4 /dev/mapper/vg-root rw\n31 30 8:1 / /a\\040b ro - vfat /dev/sda1 rw'),
        'proc/swaps':
          'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/loop0                              partition\t1023996\t\t0\t\t-2',
        'run/udev/data/b8:1': 'S:disk/by-uuid/1\nI:5\nE:ID_FS_TYPE=vfat',
      }),
    )
    const [dm, loop, sda, sda1, sda2] = picture.devices
    expect(picture.devices.map(({ name }) => name)).toEqual(['dm-0', 'loop0', 'sda', 'sda1', 'sda2'])
    expect(sda).toMatchObject({ number: '8:0', sizeBytes: 2048 * 512, readOnly: true, diskseq: '9', logicalBlockSize: 512 })
    expect([sda?.partitions, sda?.holders, sda?.disk, sda?.hctl]).toEqual([['sda1', 'sda2'], [], undefined, undefined])
    expect(sda1).toMatchObject({ disk: 'sda', partition: 1, partitions: [], mounts: [{ where: '/a b', fsType: 'vfat', readOnly: true }] })
    expect(sda1?.udev).toEqual({ initialized: true, links: ['/dev/disk/by-uuid/1'], properties: { ID_FS_TYPE: 'vfat' } })
    expect([sda2?.holders, sda2?.udev]).toEqual([['dm-0'], undefined])
    expect(dm).toMatchObject({ dmName: 'vg-root', dmUuid: 'LVM-xyz', dmSuspended: true, slaves: ['sda2'], paths: [], swap: false })
    expect(dm?.mounts).toEqual([{ where: '/', fsType: 'ext4', readOnly: false }])
    expect(loop).toMatchObject({ backingFile: '/var/image', swap: true })
  })
  test('a device is plain data: what its getters return is in its JSON and in its copies', async () => {
    const { devices } = await look(
      await plant({ ...blockDevice(disk, '8:0', { diskseq: '9' }), 'run/udev/data/b8:0': 'I:5\nE:ID_FS_TYPE=ext4\nE:DISKSEQ=9' }),
    )
    const [device] = devices
    const content = { type: 'ext4' }
    expect(device?.content).toEqual(content)
    const udev = expect.objectContaining({ initialized: true }) as unknown
    for (const copy of [JSON.parse(JSON.stringify(device)) as object, { ...device }, structuredClone(device)])
      expect(copy).toMatchObject({ name: 'sda', content, udev })
  })
  test('what is half there, hidden or gone is absent', async () => {
    const { devices, sessions, hosts } = await look(
      await plant({
        ...blockDevice('sys/devices/virtual/block/sdb', '8:16', { 'slaves/sdz': { link: '../../nowhere' } }),
        'sys/class/block/sdc': { link: '../../devices/gone/block/sdc' },
        'sys/devices/nvme/nvme0c0n1/hidden': '1',
        'sys/devices/nvme/nvme0c0n1/size': '100',
        ...classLink('block', 'sys/devices/nvme/nvme0c0n1'),
        'sys/class/scsi_host/host3': { link: '../../devices/gone/scsi_host/host3' },
        'sys/devices/platform/host4/session2/iscsi_session/session2/targetname': '(null)',
        'sys/devices/platform/host4/scsi_host/host4/state': 'running',
        'sys/devices/platform/host4/scsi_host/host4/device': { link: '../../../host4' },
        ...classLink('scsi_host', 'sys/devices/platform/host4/scsi_host/host4'),
      }),
    )
    expect(devices.map(({ name, slaves }) => [name, slaves])).toEqual([['sdb', []]])
    expect(sessions).toEqual([])
    expect(hosts).toEqual([{ host: 4, driver: 'unknown', state: 'running' }])
  })
  test('many devices are read in parts, and what belongs together in different parts is found', async () => {
    const loops = Array.from({ length: 450 }, (_, index) => `loop${index}`)
    const planted = loops.map((name, index) => blockDevice(`sys/devices/virtual/block/${name}`, `7:${index}`))
    const map = blockDevice('sys/devices/virtual/block/dm-0', '254:0', {
      'dm/name': 'data',
      'dm/uuid': 'LVM-xyz',
      'slaves/loop99': { link: '../../loop99' },
      'slaves/loop300': { link: '../../loop300' },
    })
    const partition = blockDevice('sys/devices/virtual/block/loop99/loop99p1', '259:0', { partition: '1' })
    const { devices } = await look(await plant(Object.assign({}, ...planted, map, partition) as Parameters<typeof plant>[0]))
    expect(devices.map(({ name }) => name)).toEqual(['dm-0', ...loops, 'loop99p1'].sort())
    expect(devices.filter(({ holders }) => holders.length > 0).map(({ name, holders }) => [name, holders])).toEqual([
      ['loop300', ['dm-0']],
      ['loop99', ['dm-0']],
    ])
    expect(devices.flatMap(({ name, partitions }) => partitions.map((each) => [name, each]))).toEqual([['loop99', 'loop99p1']])
    expect(devices.at(-1)).toMatchObject({ name: 'loop99p1', disk: 'loop99' })
  })
  test('file systems over several devices are found by the device that they were mounted from', async () => {
    const { devices } = await look(
      await plant({
        ...blockDevice(disk, '8:0'),
        ...blockDevice('sys/devices/virtual/block/dm-0', '254:0', { 'dm/name': 'data', 'dm/uuid': 'LVM-xyz' }),
        ...processOf(
          1,
          10,
          '30 1 0:40 / /a rw - btrfs /dev/sda rw\n31 1 0:41 / /b rw - btrfs /dev/mapper/data rw\n32 1 0:5 / /dev rw - devtmpfs udev rw',
        ),
      }),
    )
    expect(devices.map(({ name, mounts }) => [name, mounts.map(({ where }) => where)])).toEqual([
      ['dm-0', ['/b']],
      ['sda', ['/a']],
    ])
  })
  test('a host without any of it has an empty picture', async () => {
    expect(await look(await plant({}))).toEqual({
      hosts: [],
      sessions: [],
      remotePorts: [],
      scsiDevices: [],
      subsystems: [],
      controllers: [],
      devices: [],
      unseen: [],
    })
  })
})

describe('mounts', () => {
  const device = blockDevice('sys/devices/virtual/block/sdb', '8:16')
  const mountsOf = async (...processes: ReturnType<typeof processOf>[]) => {
    const { devices, unseen } = await look(await plant(Object.assign({}, device, ...processes) as typeof device))
    return { mounts: devices[0]?.mounts, unseen }
  }
  test('in other namespaces are told once, with a process of it', async () => {
    const { mounts } = await mountsOf(
      processOf(1, 10, '30 1 8:16 / /data rw - xfs /dev/sdb rw'),
      processOf(
        7,
        11,
        '30 1 8:16 / /data rw - xfs /dev/sdb rw\n31 1 8:16 /sub /inside rw shared:3 master:2 - xfs /dev/sdb rw',
        'container',
      ),
      processOf(8, 11, '31 1 8:16 /sub /inside rw - xfs /dev/sdb rw'),
    )
    expect(mounts).toEqual([
      { where: '/data', fsType: 'xfs', readOnly: false },
      { where: '/inside', fsType: 'xfs', readOnly: false, pid: 7, command: 'container' },
    ])
  })
  test('of a file system that has a number of its own are found by the device', async () => {
    const { mounts } = await mountsOf(processOf(1, 10, '30 1 0:45 /@ /data rw - btrfs /dev/sdb rw\n31 1 0:46 / /tmp rw - tmpfs tmpfs rw'))
    expect(mounts).toEqual([{ where: '/data', fsType: 'btrfs', readOnly: false }])
  })
  test('of the first process are known although its namespace is not', async () => {
    const host = await plant({
      ...device,
      'proc/1/mountinfo': '30 1 8:16 / /data rw - ext4 /dev/sdb rw',
      ...processOf(2, 10, '30 1 8:16 / /data rw - ext4 /dev/sdb rw', 'kthreadd'),
    })
    const refused = {
      ...host,
      files: new Proxy(host.files, {
        get: (files, key) =>
          key === 'readLink'
            ? (path: string) =>
                path === '/proc/1/ns/mnt' ? Promise.reject(new BrickworkError('ERR_PERMISSION', 'no')) : files.readLink(path)
            : (files[key as keyof typeof files] as (...words: never[]) => unknown).bind(files),
      }),
    }
    const { devices, unseen } = await look(refused)
    expect([devices[0]?.mounts, unseen]).toEqual([[{ where: '/data', fsType: 'ext4', readOnly: false }], []])
  })
  test('are read through another process when one has ended', async () => {
    const { mounts, unseen } = await mountsOf(
      { 'proc/1/ns/mnt': { link: 'mnt:[10]' } },
      processOf(2, 10, '30 1 8:16 / /data rw - ext4 /dev/sdb rw'),
    )
    expect([mounts?.map(({ where }) => where), unseen]).toEqual([['/data'], []])
  })
})

describe('NVMe', () => {
  const fabrics = 'sys/devices/virtual/nvme-fabrics/ctl'
  const heads = 'sys/devices/virtual/nvme-subsystem/nvme-subsys0'
  const controller = (name: string, address: string, state: string) => ({
    [`${fabrics}/${name}/transport`]: 'tcp',
    [`${fabrics}/${name}/address`]: address,
    [`${fabrics}/${name}/state`]: state,
    [`${fabrics}/${name}/cntlid`]: name.slice(-1),
    ...classLink('nvme', `${fabrics}/${name}`),
    [`${heads}/${name}`]: { link: `../../nvme-fabrics/ctl/${name}` },
  })
  test('a namespace over two controllers has a path for each, and is no path itself', async () => {
    const { subsystems, controllers, devices } = await look(
      await plant({
        [`${heads}/subsysnqn`]: 'nqn.2014-08.org.example:one',
        [`${heads}/model`]: 'Linux   ',
        [`${heads}/iopolicy`]: 'numa',
        ...classLink('nvme-subsystem', heads),
        ...blockDevice(`${heads}/nvme0n1`, '259:0', { wwid: 'eui.01', nsid: '1', device: { link: '../../nvme-subsys0' } }),
        ...controller('nvme0', 'traddr=10.99.1.1,trsvcid=4420', 'live'),
        ...controller('nvme1', 'traddr=10.99.2.1,trsvcid=4420', 'connecting'),
        [`${fabrics}/nvme0/nvme0c0n1/ana_state`]: 'optimized',
        [`${fabrics}/nvme1/nvme0c1n1/ana_state`]: 'inaccessible',
      }),
    )
    expect(subsystems).toEqual([
      {
        name: 'nvme-subsys0',
        nqn: 'nqn.2014-08.org.example:one',
        model: 'Linux',
        ioPolicy: 'numa',
        controllers: ['nvme0', 'nvme1'],
        namespaces: ['nvme0n1'],
      },
    ])
    const address = 'traddr=10.99.2.1,trsvcid=4420'
    expect(controllers[1]).toEqual({ name: 'nvme1', transport: 'tcp', address, state: 'connecting', subsystem: 'nvme-subsys0', cntlid: 1 })
    expect(devices).toMatchObject([
      {
        name: 'nvme0n1',
        wwid: 'eui.01',
        nvme: { subsystem: 'nvme-subsys0', namespace: 1, controllers: ['nvme0', 'nvme1'] },
        paths: [
          { name: 'nvme0c0n1', state: 'optimized', controller: 'nvme0' },
          { name: 'nvme0c1n1', state: 'inaccessible', controller: 'nvme1' },
        ],
      },
    ])
  })
  test('without native multipath the namespace is below its controller, and its only path', async () => {
    const { devices, subsystems } = await look(
      await plant({
        [`${heads}/subsysnqn`]: 'nqn.one',
        ...classLink('nvme-subsystem', heads),
        ...controller('nvme0', 'traddr=10.99.1.1', 'live'),
        ...blockDevice(`${fabrics}/nvme0/nvme0n1`, '259:0', { device: { link: '../../nvme0' } }),
      }),
    )
    expect(subsystems).toMatchObject([{ controllers: ['nvme0'], namespaces: ['nvme0n1'] }])
    expect(devices).toMatchObject([{ name: 'nvme0n1', nvme: { subsystem: 'nvme-subsys0', controllers: ['nvme0'] }, paths: [] }])
  })
})

test('Fibre Channel: a disk belongs to the remote port that its target is below', async () => {
  const host = 'sys/devices/pci0000:00/host7'
  const scsi = `${host}/rport-7:0-2/target7:0:1/7:0:1:5`
  const { hosts, remotePorts, scsiDevices, devices } = await look(
    await plant({
      [`${host}/scsi_host/host7/proc_name`]: 'qla2xxx',
      [`${host}/scsi_host/host7/state`]: 'running',
      [`${host}/scsi_host/host7/device`]: { link: '../../../host7' },
      ...classLink('scsi_host', `${host}/scsi_host/host7`),
      [`${host}/fc_host/host7/port_name`]: '0x2000000000000001',
      [`${host}/fc_host/host7/port_state`]: 'Online',
      [`${host}/fc_host/host7/speed`]: '16 Gbit',
      [`${host}/rport-7:0-2/fc_remote_ports/rport-7:0-2/port_name`]: '0x2000000000000002',
      [`${host}/rport-7:0-2/fc_remote_ports/rport-7:0-2/roles`]: 'FCP Target',
      [`${host}/rport-7:0-2/fc_remote_ports/rport-7:0-2/port_state`]: 'Online',
      [`${scsi}/type`]: '0',
      [`${scsi}/state`]: 'running',
      [`${scsi}/vendor`]: 'LIO-ORG ',
      [`${scsi}/generic`]: { link: 'scsi_generic/sg4' },
      'sys/bus/scsi/devices/7:0:1:5': { link: `../../../../${scsi}` },
      'sys/bus/scsi/devices/7:0:1:10': { link: `../../../../${scsi}` },
      ...blockDevice(`${scsi}/block/sdq`, '65:0', { device: { link: '../../../7:0:1:5' } }),
    }),
  )
  expect(hosts).toEqual([
    {
      host: 7,
      driver: 'qla2xxx',
      state: 'running',
      fibreChannel: { portName: '0x2000000000000001', portState: 'Online', speed: '16 Gbit' },
    },
  ])
  expect(remotePorts).toEqual([
    { name: 'rport-7:0-2', host: 7, portName: '0x2000000000000002', roles: 'FCP Target', state: 'Online', targets: ['7:0:1'] },
  ])
  expect(scsiDevices.map(({ hctl }) => hctl)).toEqual(['7:0:1:5', '7:0:1:10'])
  expect(scsiDevices[0]).toMatchObject({ lun: '5', type: 'disk', vendor: 'LIO-ORG', sg: 'sg4', block: 'sdq', remotePort: 'rport-7:0-2' })
  expect(devices).toMatchObject([{ name: 'sdq', hctl: '7:0:1:5', remotePort: 'rport-7:0-2' }])
})

test('a map whose states nobody may ask for has its paths without them, and says so', async () => {
  const sdb = 'sys/devices/virtual/block/sdb'
  const { devices, unseen } = await look(
    await plant({
      ...blockDevice(sdb, '8:16'),
      ...blockDevice('sys/devices/virtual/block/dm-0', '254:0', {
        'dm/name': 'mpatha',
        'dm/uuid': 'mpath-36001',
        'slaves/sdb': { link: '../../sdb' },
      }),
    }),
  )
  expect(devices[0]).toMatchObject({ name: 'dm-0', wwid: '36001', paths: [{ name: 'sdb' }], slaves: ['sdb'] })
  expect(unseen).toEqual(['states of the paths of multipath maps (no /dev/mapper/control)'])
})

describe('what a device is', () => {
  test('by its name, its device-mapper uuid and its SCSI type, in the words of lsblk', async () => {
    const virtual = 'sys/devices/virtual/block'
    const dm = (name: string, number: string, uuid: string) =>
      blockDevice(`${virtual}/${name}`, number, { 'dm/name': name, 'dm/uuid': uuid })
    const { devices } = await look(
      await plant({
        ...dm('dm-0', '254:0', 'mpath-36001405'),
        ...dm('dm-1', '254:1', 'part1-mpath-36001405'),
        ...dm('dm-2', '254:2', 'LVM-abc'),
        ...dm('dm-3', '254:3', 'CRYPT-LUKS2-abc'),
        ...dm('dm-4', '254:4', ''),
        ...blockDevice(`${virtual}/loop0`, '7:0', { size: '0' }),
        ...blockDevice(`${virtual}/md127`, '9:127'),
        ...blockDevice(`${virtual}/zram0`, '252:0', { size: '0' }),
        ...blockDevice('sys/devices/pci0000:00/virtio1/block/vda', '253:0'),
        ...blockDevice('sys/devices/pci0000:00/virtio1/block/vda/vda1', '253:1', { partition: '1' }),
        ...blockDevice('sys/devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sr0', '11:0', { device: { link: '../../../0:0:0:0' } }),
        ...blockDevice(disk.replace('0:0:0:0', '0:0:0:1'), '8:0', { device: { link: '../../../0:0:0:1' } }),
        'sys/devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:1/type': '0',
        'sys/devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:1/dh_state': 'detached',
        'sys/bus/scsi/devices/0:0:0:1': { link: '../../../devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:1' },
        'sys/devices/pci0000:00/ata1/host0/scsi_host/host0/state': 'running',
        'sys/devices/pci0000:00/ata1/host0/scsi_host/host0/proc_name': 'ahci',
        ...classLink('scsi_host', 'sys/devices/pci0000:00/ata1/host0/scsi_host/host0'),
      }),
    )
    expect(devices.map(({ name, type, transport }) => [name, type, transport])).toEqual([
      ['dm-0', 'mpath', undefined],
      ['dm-1', 'part', undefined],
      ['dm-2', 'lvm', undefined],
      ['dm-3', 'crypt', undefined],
      ['dm-4', 'dm', undefined],
      ['loop0', 'loop', undefined],
      ['md127', 'md', undefined],
      ['sda', 'disk', 'sata'],
      ['sr0', 'rom', undefined],
      ['vda', 'disk', 'virtio'],
      ['vda1', 'part', undefined],
      ['zram0', 'disk', undefined],
    ])
  })
  test('what udev’s database says of its contents and of its partition is typed, with unusual characters as they are', async () => {
    const { devices } = await look(
      await plant({
        ...blockDevice(disk, '8:0'),
        ...blockDevice(`${disk}/sda1`, '8:1', { partition: '1' }),
        'run/udev/data/b8:0': 'I:5\nE:ID_PART_TABLE_TYPE=gpt',
        'run/udev/data/b8:1':
          'I:5\nE:ID_FS_TYPE=ext4\nE:ID_FS_VERSION=1.0\nE:ID_FS_UUID=1-2\nE:ID_FS_LABEL=a_b\nE:ID_FS_LABEL_ENC=a\\x20b%\nE:ID_PART_ENTRY_UUID=3-4\nE:ID_PART_ENTRY_NAME=EFI\\x20System\nE:ID_PART_ENTRY_TYPE=0x83',
      }),
    )
    expect(devices.map(({ content, partitionEntry }) => [content, partitionEntry])).toEqual([
      [{ partitionTable: 'gpt' }, undefined],
      [
        { type: 'ext4', version: '1.0', uuid: '1-2', label: 'a b%' },
        { uuid: '3-4', name: 'EFI System', type: '0x83' },
      ],
    ])
  })
})

describe('an iSCSI session', () => {
  test('has its negotiated parameters and time-outs; those of the connection have names that say what they are', async () => {
    const session = 'sys/devices/platform/host4/session2'
    const [own, connection] = [`${session}/iscsi_session/session2`, `${session}/connection2:0/iscsi_connection/connection2:0`]
    const { sessions } = await look(
      await plant({
        'sys/devices/platform/host4/scsi_host/host4/state': 'running',
        'sys/devices/platform/host4/scsi_host/host4/device': { link: '../../../host4' },
        ...classLink('scsi_host', 'sys/devices/platform/host4/scsi_host/host4'),
        [`${own}/targetname`]: 'iqn.one',
        [`${own}/recovery_tmo`]: '-1',
        [`${own}/abort_tmo`]: '15',
        [`${own}/lu_reset_tmo`]: '30',
        [`${own}/tgt_reset_tmo`]: '31',
        [`${own}/first_burst_len`]: '65536',
        [`${own}/max_burst_len`]: '262144',
        [`${own}/max_outstanding_r2t`]: '2',
        [`${own}/immediate_data`]: '1',
        [`${own}/initial_r2t`]: '0',
        [`${own}/erl`]: '(null)',
        [`${connection}/persistent_address`]: '192.0.2.1',
        [`${connection}/persistent_port`]: '3260',
        [`${connection}/local_ipaddr`]: '192.0.2.21',
        [`${connection}/header_digest`]: '1',
        [`${connection}/data_digest`]: '0',
        [`${connection}/max_recv_dlength`]: '262144',
        [`${connection}/max_xmit_dlength`]: '8192',
        [`${connection}/recv_tmo`]: '5',
        [`${connection}/ping_tmo`]: '7',
      }),
    )
    expect(sessions).toMatchObject([{ recoverySeconds: -1, abortSeconds: 15, lunResetSeconds: 30, targetResetSeconds: 31 }])
    expect(sessions[0]?.negotiated).toEqual({
      firstBurstBytes: 65_536,
      maxBurstBytes: 262_144,
      maxOutstandingR2t: 2,
      immediateData: true,
      initialR2t: false,
    })
    expect(sessions[0]?.connections).toEqual([
      {
        connection: 0,
        localAddress: '192.0.2.21',
        headerDigest: true,
        dataDigest: false,
        maxReceiveBytes: 262_144,
        maxTransmitBytes: 8192,
        noopIntervalSeconds: 5,
        noopTimeoutSeconds: 7,
      },
    ])
  })
})
