/** identity(): the names by which storage systems know this host, from files alone. */
import { describe, expect, test } from 'vitest'

import { createAttacher, type HostIdentity, toCinderConnector } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'
import hostFiles from '../fixtures/connector/host.json' with { type: 'json' }
import osBrick from '../fixtures/connector/os-brick.json' with { type: 'json' }
import { withoutVendors } from '../fixtures/connector/without-vendors.js'

const INITIATOR = '/etc/iscsi/initiatorname.iscsi'
const SYSTEM_UUID = '/sys/class/dmi/id/product_uuid'
const UUID = '4c4c4544-0042-3510-8053-b4c04f4e3132'
const NQN = `nqn.2014-08.org.nvmexpress:uuid:b918851d-b4ff-4257-a4fd-9dbd5e0ecc74`
const HOST_ID = '9dfa85f9-6466-4fa2-9c6a-f8efaefae217'

async function identify(host: FakeHost): Promise<HostIdentity> {
  await using attacher = await createAttacher({ host })
  const before = host.trace.length
  const identity = await attacher.identity()
  // Pure reading: no program runs, no daemon is asked, nothing is written.
  const calls = host.trace.slice(before).map(({ call }) => call)
  const reading = ['files.read', 'files.readFiles', 'files.list', 'files.resolve', 'files.readLink', 'files.stat', 'kernel.readTree']
  expect([...new Set(calls)].filter((call) => !reading.includes(call))).toEqual([])
  expect(calls.length).toBeLessThan(80)
  host.verify()
  return identity
}
function planted(files: Readonly<Record<string, string>>, host = new FakeHost()): FakeHost {
  for (const [path, text] of Object.entries(files)) host.put(path, text)
  return host
}
const port = (number: number, name: string, state: string, speed = '16 Gbit') => ({
  [`/sys/class/fc_host/host${number}/port_name`]: `0x2100${name}`,
  [`/sys/class/fc_host/host${number}/node_name`]: `0x2000${name}`,
  [`/sys/class/fc_host/host${number}/port_state`]: state,
  [`/sys/class/fc_host/host${number}/speed`]: speed,
})
const ports = { ...port(10, '0024ff4c1a2f', 'Linkdown', 'unknown'), ...port(9, '0024FF4C1A2E', 'Online') }
const cinder = (identity: HostIdentity) => toCinderConnector(identity, { ip: '192.0.2.21', multipath: true, enforceMultipath: false })

describe('a host', () => {
  test('without iSCSI, Fibre Channel and NVMe has none of their names', async () => {
    const host = new FakeHost()
    host.take('/etc/iscsi')
    const identity = await identify(host)
    expect(identity).toEqual({
      hostname: 'fake-host',
      machineId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      architecture: 'x86_64',
      kernel: '6.1.0-fake',
      addresses: [],
      rbd: { module: 'none', tool: false },
      multipath: { daemon: false },
      unseen: [],
    })
    expect(cinder(identity)).toEqual({
      platform: 'x86_64',
      os_type: 'linux',
      ip: '192.0.2.21',
      host: 'fake-host',
      multipath: true,
      enforce_multipath: false,
      nvme_native_multipath: false,
      do_local_attach: false,
    })
  })
  test('with all of them has all of their names', async () => {
    const identity = await identify(
      planted(
        {
          ...ports,
          [SYSTEM_UUID]: UUID,
          '/etc/nvme/hostnqn': `${NQN}\n`,
          '/etc/nvme/hostid': `${HOST_ID} \n`,
          '/sys/module/nvme_core/parameters/multipath': 'N',
          '/etc/os-release': 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
          '/lib/modules/6.1.0-fake/kernel/drivers/block/rbd.ko.xz': '',
          '/usr/bin/rbd': '',
          '/etc/iscsi/ifaces/iface.example': '# iface.transport_name = tcp\n',
          '/etc/iscsi/ifaces/storage-1': 'iface.transport_name = tcp\niface.net_ifacename = eth1\niface.hwaddress = <empty>\n',
        },
        new FakeHost({ multipathd: 'running' }),
      ),
    )
    expect(identity).toMatchObject({
      systemUuid: UUID,
      os: 'Debian GNU/Linux 12 (bookworm)',
      iscsi: { initiatorName: 'iqn.2004-10.example:fake-host', ifaces: [{ name: 'storage-1', transport: 'tcp', netdev: 'eth1' }] },
      nvme: { hostNqn: NQN, hostId: HOST_ID, source: 'files', nativeMultipath: false },
      rbd: { module: 'available', tool: true },
      multipath: { daemon: true },
    })
    expect(identity.fc).toEqual({
      ports: [
        { wwpn: '21000024ff4c1a2e', wwnn: '20000024ff4c1a2e', state: 'Online', speed: '16 Gbit', host: 9 },
        { wwpn: '21000024ff4c1a2f', wwnn: '20000024ff4c1a2f', state: 'Linkdown', host: 10 },
      ],
    })
  })
  test('has its addresses by interface, without loopback and link-local ones', async () => {
    const { addresses } = await identify(
      planted({
        '/proc/1/net/fib_trie':
          'Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.0.2.21\n        /32 host LOCAL\n     |-- 169.254.7.7\n        /32 host LOCAL\n     |-- 198.51.100.9\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n',
        '/proc/1/net/route':
          'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth9\t000000C0\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\neth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n',
        '/proc/1/net/if_inet6':
          '00000000000000000000000000000001 01 80 10 80       lo\n20010db8000000000000000000000021 04 40 00 80     eth1\n20010db8000000000000000000000022 04 40 00 48     eth1\nfe8000000000000000fc00fffe000001 04 40 20 80     eth1\n',
      }),
    )
    expect(addresses).toEqual([
      { address: '192.0.2.21', interface: 'eth1' },
      { address: '198.51.100.9' },
      { address: '2001:db8::21', interface: 'eth1' },
    ])
  })
})

describe('the iSCSI initiator name', () => {
  test.each([
    ['the first of two, as iscsid takes it', 'InitiatorName=iqn.one\nInitiatorName=iqn.two\n', 'iqn.one'],
    ['with CRLF and comments', '# InitiatorName=iqn.old\r\n  InitiatorName = iqn.one\r\n', 'iqn.one'],
    ['none while Debian has yet to generate it', 'GenerateName=yes\n', undefined],
    ['none when Debian is about to replace it', 'InitiatorName=iqn.old\nGenerateName=yes\n', undefined],
    ['none in an empty file', '', undefined],
    ['none without a value', 'InitiatorName=\n', undefined],
  ])('is %s', async (_, text, name) => {
    const identity = await identify(planted({ [INITIATOR]: text }))
    expect(identity.iscsi?.initiatorName).toBe(name)
    // Arrays refuse an empty name: the key is left out.
    expect(cinder(identity).initiator).toBe(name)
    expect('initiator' in cinder(identity)).toBe(name !== undefined)
  })
})

describe('the NVMe pair', () => {
  const pairOf = async (files: Readonly<Record<string, string>>) =>
    (await identify(planted({ '/sys/module/nvme_core/version': '1.0', ...files }))).nvme
  test('of the files counts, also where their UUIDs differ', async () => {
    expect(await pairOf({ '/etc/nvme/hostnqn': NQN, '/etc/nvme/hostid': HOST_ID.toUpperCase(), [SYSTEM_UUID]: UUID })).toEqual({
      hostNqn: NQN,
      hostId: HOST_ID,
      source: 'files',
    })
  })
  test('is completed by libnvme’s rules', async () => {
    expect(await pairOf({ '/etc/nvme/hostnqn': NQN })).toMatchObject({ hostNqn: NQN, hostId: NQN.split('uuid:')[1], source: 'files' })
    expect(await pairOf({ '/etc/nvme/hostid': HOST_ID })).toMatchObject({
      hostNqn: `nqn.2014-08.org.nvmexpress:uuid:${HOST_ID}`,
      hostId: HOST_ID,
      source: 'files',
    })
    expect(await pairOf({ '/etc/nvme/hostnqn': 'nqn.2020-01.example:one', '/etc/nvme/hostid': '\n', [SYSTEM_UUID]: UUID })).toMatchObject({
      hostNqn: 'nqn.2020-01.example:one',
      hostId: UUID,
      source: 'files',
    })
  })
  test('is derived from the system UUID, and without a usable one from the machine id: always the same, never the machine id itself', async () => {
    expect(await pairOf({ [SYSTEM_UUID]: UUID.toUpperCase() })).toMatchObject({
      hostNqn: `nqn.2014-08.org.nvmexpress:uuid:${UUID}`,
      hostId: UUID,
      source: 'dmi',
    })
    const machine = { '/etc/machine-id': '0123456789abcdef0123456789abcdef' }
    for (const none of ['00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', 'Not Settable', ''])
      expect(await pairOf({ ...machine, [SYSTEM_UUID]: none })).toEqual({
        hostNqn: 'nqn.2014-08.org.nvmexpress:uuid:5f867c17-527b-4772-afa7-4fec064d363b',
        hostId: '5f867c17-527b-4772-afa7-4fec064d363b',
        source: 'machine-id',
      })
    expect((await pairOf({ '/etc/machine-id': '1123456789abcdef0123456789abcdef' }))?.hostId).not.toBe(
      '5f867c17-527b-4772-afa7-4fec064d363b',
    )
  })
  test('is absent, with the reason, when nothing gives one', async () => {
    const identity = await identify(planted({ '/sys/module/nvme_core/version': '1.0', '/etc/machine-id': 'uninitialized' }))
    expect([identity.nvme, identity.machineId]).toEqual([undefined, undefined])
    expect(identity.unseen).toEqual(['NVMe host name (no file, no usable system UUID and no machine id)'])
    const wrong = await identify(planted({ '/etc/nvme/hostid': 'host-1' }))
    expect([wrong.nvme, wrong.unseen]).toEqual([undefined, ['/etc/nvme/hostid (not a UUID)']])
    const long = await identify(planted({ '/etc/nvme/hostnqn': `nqn.${'x'.repeat(219)}` }))
    expect([long.nvme, long.unseen]).toEqual([undefined, ['/etc/nvme/hostnqn (not an NVMe qualified name)']])
  })
  test('that only root can determine is not replaced by another', async () => {
    const host = planted({ '/sys/module/nvme_core/parameters/multipath': 'Y', [SYSTEM_UUID]: UUID })
    host.faults.plant({ on: 'files.read', matching: SYSTEM_UUID, does: { fail: 'EACCES' } })
    const identity = await identify(host)
    expect([identity.systemUuid, identity.nvme]).toEqual([undefined, undefined])
    expect(identity.unseen).toEqual([
      `${SYSTEM_UUID} (no permission)`,
      `NVMe host name (derived from ${SYSTEM_UUID}, which only root may read)`,
    ])
    // The caller's connector has no key for what is unknown.
    expect(Object.keys(cinder(identity)).filter((key) => /nqn|hostid|uuid/.test(key))).toEqual([])
  })
  test('of a kernel that could load the modules is there before the first attach', async () => {
    const files = { '/lib/modules/6.1.0-fake/kernel/drivers/nvme/host/nvme-fabrics.ko.zst': '', [SYSTEM_UUID]: UUID }
    expect((await identify(planted(files))).nvme).toMatchObject({ hostId: UUID, source: 'dmi' })
    expect((await identify(planted({ [SYSTEM_UUID]: UUID }))).nvme).toBeUndefined()
  })
})

describe('Fibre Channel ports', () => {
  test('only those that are online are in the connector', async () => {
    const host = planted(ports)
    expect(cinder(await identify(host))).toMatchObject({ wwpns: ['21000024ff4c1a2e'], wwnns: ['20000024ff4c1a2e'] })
    host.put('/sys/class/fc_host/host9/port_state', 'Linkdown')
    const offline = await identify(host)
    expect(offline.fc?.ports.map(({ state }) => state)).toEqual(['Linkdown', 'Linkdown'])
    expect(Object.keys(cinder(offline)).filter((key) => key.startsWith('wwn') || key.startsWith('wwp'))).toEqual([])
  })
  test('a virtual port names its physical port', async () => {
    const host = new FakeHost()
    const directory = '/sys/devices/pci0000:00/0000:00:02.0/host9/vport-9:0-0/host12/fc_host/host12'
    for (const [path, text] of Object.entries(port(12, '0024ff4c1aff', 'Online')))
      host.put(path.replace('/sys/class/fc_host/host12', directory), text)
    host.putLink('/sys/class/fc_host/host12', directory)
    expect((await identify(host)).fc?.ports).toMatchObject([{ host: 12, parent: 9 }])
  })
  test('one that is being removed, or has no name, is missing and the others are there', async () => {
    const host = planted({ ...ports, ...port(11, '000000000000', 'Online') })
    host.put('/sys/class/fc_host/host11/port_name', '0x0000000000000000')
    host.faults.plant({ on: 'files.read', matching: 'host10/port_name', does: { fail: 'EIO' } })
    const identity = await identify(host)
    expect(identity.fc?.ports.map((each) => each.host)).toEqual([9])
    expect(identity.unseen).toEqual(['/sys/class/fc_host/host10/port_name (EIO)'])
  })
})

describe('in a container', () => {
  test('the host name is the host’s, not the container’s', async () => {
    const host = planted({ '/proc/sys/kernel/hostname': 'pod-7', '/etc/hostname': 'node-1' })
    expect((await identify(host)).hostname).toBe('pod-7')
    host.putLink('/proc/1/ns/uts', 'uts:[4026531838]')
    host.putLink('/proc/self/ns/uts', 'uts:[4026532201]')
    expect((await identify(host)).hostname).toBe('node-1')
    host.take('/proc/self/ns/uts')
    host.putLink('/proc/self/ns/uts', 'uts:[4026531838]')
    expect((await identify(host)).hostname).toBe('pod-7')
  })
})

describe('the connector for Cinder', () => {
  test('is the one of os-brick on the same host', async () => {
    const expected = withoutVendors(osBrick)
    expect(cinder(await identify(planted(hostFiles)))).toEqual(expected)
  })
  test('takes the settings of its caller, and refuses a missing address', async () => {
    const identity = await identify(new FakeHost())
    const all = { ip: '2001:db8::1', host: 'compute-3', multipath: false, enforceMultipath: true, doLocalAttach: true }
    expect(toCinderConnector(identity, all)).toMatchObject({
      ip: '2001:db8::1',
      host: 'compute-3',
      multipath: false,
      enforce_multipath: true,
      do_local_attach: true,
    })
    expect(() => toCinderConnector(identity, { ...all, ip: '' })).toThrow(/ip: must be an address/)
  })
  test('has the UUID of the root file system only from udev’s database', async () => {
    const root = (line: string, more = {}) => identify(planted({ '/proc/1/mountinfo': `${line}\n`, ...more }))
    const record = { '/run/udev/data/b254:1': 'I:1\nE:ID_FS_UUID=8f3c\n' }
    expect((await root('25 1 254:1 / / rw - ext4 /dev/vda1 rw', record)).rootFilesystemUuid).toBe('8f3c')
    expect((await root('25 1 254:1 / / rw - ext4 /dev/vda1 rw')).rootFilesystemUuid).toBeUndefined()
    expect((await root('25 1 0:40 / / rw - overlay overlay rw', record)).rootFilesystemUuid).toBeUndefined()
    const btrfs = { ...record, '/dev/vda1': '', '/sys/class/block/vda1/dev': '254:1' }
    expect((await root('25 1 0:40 / / rw - btrfs /dev/vda1 rw', btrfs)).rootFilesystemUuid).toBe('8f3c')
  })
})
