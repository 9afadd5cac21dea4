import { describe, expect, test } from 'vitest'

import { Secret } from '../../../../lib/core/secret.js'
import { readSubsystem } from '../../../../lib/linux/nvme/read.js'
import { forever } from '../../linux/machine.js'
import {
  connected,
  failed,
  heads,
  HOST_ID,
  HOST_NQN,
  NQN,
  optionsOf,
  paths,
  PORTALS,
  rescan,
  signal,
  stage,
  state,
  tell,
  write,
} from './stage.js'

const UUIDS = { a: '11111111-2222-4333-8444-555555555555', b: '22222222-2222-4333-8444-555555555555' }
const both = async (host: ReturnType<typeof stage>): Promise<void> => {
  await connected(host)
  await connected(host, { portal: PORTALS[1] })
}

describe('a connect', () => {
  test('brings in a head over two controllers, with every name of the subsystem', async () => {
    const host = stage()
    await both(host)
    const { subsystems, controllers } = await readSubsystem(host, NQN, forever)
    expect(subsystems).toMatchObject([
      { name: 'nvme-subsys0', controllers: ['nvme0', 'nvme1'], ioPolicy: 'numa', heads: [{ name: 'nvme0n1' }] },
    ])
    expect(controllers.map(({ name, cntlid, hostNqn, hostId, state: now }) => [name, cntlid, hostNqn, hostId, now])).toEqual([
      ['nvme0', 1, HOST_NQN, HOST_ID, 'live'],
      ['nvme1', 2, HOST_NQN, HOST_ID, 'live'],
    ])
    expect(paths(host)).toEqual(['nvme0c0n1', 'nvme0c1n1'])
    expect(host.volumesBehind('/dev/nvme0n1')).toEqual(['one'])
    host.verify()
  })
  test.each([['ENOENT', 'open', stage({ nvme: 'absent' })]])('without the driver ends in %s', async (errno, syscall, host) => {
    await expect(write(host, optionsOf())).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno, syscall } })
  })
  test.each([
    ['unknown option', 'EINVAL', { more: ['volume=1'] }],
    ['flag with a value', 'EINVAL', { more: ['hdr_digest=1'] }],
    ['no number', 'EINVAL', { more: ['ctrl_loss_tmo=ten'] }],
    ['empty hostnqn', 'EINVAL', { hostNqn: '' }],
    ['hostid that is no UUID', 'EINVAL', { hostId: 'x' }],
    ['long NQN', 'EINVAL', { nqn: `nqn.${'x'.repeat(219)}` }],
    ['host name as address', 'EINVAL', { portal: 'storage.example:4420' }],
    ['no pause between reconnects', 'EINVAL', { more: ['reconnect_delay=0'] }],
    ['hostnqn twice', 'EADDRINUSE', { more: [`hostnqn=${HOST_NQN}`] }],
    ['unknown NQN', 'EIO', { nqn: 'nqn.2014-08.org.example:two' }],
    ['address without a machine', 'EHOSTUNREACH', { portal: '10.99.9.9:4420' }],
    ['port without a listener', 'ECONNREFUSED', { portal: '10.99.1.1:4421' }],
  ])('with %s ends in %s and leaves nothing', async (_, errno, text) => {
    const host = stage()
    expect(await failed(host, text)).toBe(errno)
    expect([host.names('/sys/class/nvme'), host.names('/sys/class/nvme-subsystem')]).toEqual([[], []])
  })
  test('the string is at most a page', async () => {
    expect(await failed(stage(), { more: [`hostnqn=${'x'.repeat(4096)}`] })).toBe('ENOMEM')
  })
  test.each([
    ['drop', 'ETIMEDOUT', 3_000],
    ['mute', 'EAGAIN', 10_000],
    ['refuse', 'ECONNREFUSED', 10],
  ] as const)('to a portal in state %s ends in %s after %d ms, and keeps all others waiting', async (portal, errno, ms) => {
    const host = stage()
    host.storage.portal(PORTALS[0], portal)
    const before = host.clock.now()
    const [dead, good] = await Promise.all([
      failed(host),
      failed(host, { portal: PORTALS[1] }).then((name) => [name, host.clock.now()] as const),
    ])
    expect([dead, good[0]]).toEqual([errno, 'nvme0'])
    expect(good[1] - before).toBeGreaterThanOrEqual(ms)
    expect(good[1] - before).toBeLessThan(ms + 100)
  })
  test('to a portal that greets and says nothing more takes a minute', async () => {
    const host = stage()
    host.storage.nvme.greetOnly(PORTALS[0])
    const before = host.clock.now()
    expect(await failed(host)).toBe('EIO')
    expect(host.clock.now() - before).toBeGreaterThan(60_000)
  })
  test('of a host that is not allowed ends in EIO', async () => {
    const host = stage()
    host.storage.nvme.allow(NQN, ['nqn.other'])
    expect(await failed(host)).toBe('EIO')
  })
  test('equal to another one ends in EALREADY; a spelling is another one', async () => {
    const host = stage()
    await connected(host)
    expect(await failed(host)).toBe('EALREADY')
    expect(await failed(host, { more: ['duplicate_connect'] })).toBe('nvme1')
    expect(await failed(host, { portal: '10.99.1.1:04420' })).toBe('nvme2')
    expect(await failed(host, { more: ['host_iface=eth0'] })).toBe('nvme3')
  })
  test('with a number that another controller of the subsystem has ends in EINVAL', async () => {
    const host = stage()
    host.storage.nvme.subsystem({ nqn: NQN, portals: PORTALS, namespaces: { 1: 'one' }, cntlids: { [PORTALS[0]]: 7, [PORTALS[1]]: 7 } })
    await connected(host)
    expect(await failed(host, { portal: PORTALS[1] })).toBe('EINVAL')
  })
  test('to a subsystem for one controller makes a namespace without a head', async () => {
    const host = stage({ oneController: true })
    await connected(host)
    expect([heads(host).map((each) => each.split(' ')[0]), paths(host)]).toEqual([['nvme0n1'], []])
    expect(host.names('/sys/class/nvme/nvme0').filter((name) => name.startsWith('nvme'))).toEqual(['nvme0n1'])
    expect(await failed(host, { portal: PORTALS[1] })).toBe('EINVAL')
  })
  test('shows no NQN until the subsystem is identified', async () => {
    const host = stage()
    host.storage.portal(PORTALS[0], 'mute')
    const pending = failed(host)
    await host.clock.advance(100)
    expect([host.text('/sys/class/nvme/nvme0/subsysnqn'), state(host, 0)]).toEqual(['(efault)', 'connecting'])
    await expect(tell(host, 0, 'delete_controller')).rejects.toMatchObject({ details: { errno: 'EBUSY' } })
    await pending
  })
})

describe('the host id', () => {
  test('of all controllers of an NQN changes with a connect that gives another one, up to 6.1', async () => {
    const host = stage()
    await connected(host)
    await connected(host, { portal: PORTALS[1], hostId: UUIDS.a })
    expect(host.text('/sys/class/nvme/nvme0/hostid')).toBe(UUIDS.a)
    await connected(host, { portal: PORTALS[1], hostId: undefined, more: ['duplicate_connect'] })
    expect(host.text('/sys/class/nvme/nvme0/hostid')).not.toBe(UUIDS.a)
  })
  test.each([
    ['another id', { hostId: UUIDS.a }],
    ['another NQN', { hostNqn: 'nqn.other' }],
  ])('with %s beside a live controller is refused from 6.12 on', async (_, pair) => {
    const host = stage({ nvme: '6.12' })
    await connected(host)
    expect(await failed(host, { portal: PORTALS[1], ...pair })).toBe('EINVAL')
    expect(host.text('/sys/class/nvme/nvme0/hostid')).toBe(HOST_ID)
    expect(await failed(host, { portal: PORTALS[1], hostNqn: 'nqn.other', hostId: UUIDS.a })).toBe('nvme1')
  })
})

describe('numbers and names', () => {
  test('the subsystem keeps the number of its first controller, which no other one gets meanwhile', async () => {
    const host = stage()
    await both(host)
    await tell(host, 0, 'delete_controller')
    await host.clock.advance(50)
    expect([host.names('/sys/class/nvme-subsystem'), heads(host).length]).toEqual([['nvme-subsys0'], 1])
    await connected(host)
    expect(host.names('/sys/class/nvme')).toEqual(['nvme1', 'nvme2'])
    expect(paths(host)).toEqual(['nvme0c1n1', 'nvme0c2n1'])
    for (const each of [1, 2]) await tell(host, each, 'delete_controller')
    expect([host.names('/sys/class/nvme'), host.names('/sys/class/nvme-subsystem'), heads(host)]).toEqual([[], [], []])
    expect(await failed(host)).toBe('nvme0')
  })
  test('a head that somebody has open keeps its number, and the next one has another', async () => {
    const host = stage()
    await connected(host)
    const user = host.users.open('/dev/nvme0n1')
    await tell(host, 0, 'delete_controller')
    expect(host.names('/sys/class/nvme-subsystem')).toEqual(['nvme-subsys0'])
    await connected(host)
    expect([heads(host).map((each) => each.split(' ')[0]), host.names('/sys/class/nvme')]).toEqual([['nvme0n2'], ['nvme1']])
    user.close()
    await tell(host, 1, 'delete_controller')
    expect(host.names('/sys/class/nvme-subsystem')).toEqual([])
  })
  test('a partition of a head is separated from its name', async () => {
    const host = stage()
    host.storage.volumeNamed('one').partitions = ['ext4']
    await connected(host)
    expect(host.names('/dev').filter((name) => name.startsWith('nvme0n1'))).toEqual(['nvme0n1', 'nvme0n1p1'])
  })
  test('the UUID of a namespace without one is its NGUID', async () => {
    const host = stage({ namespaces: { 4: { volume: 'one', uuid: null, nguid: 'a'.repeat(32), eui64: '002538b101020304' } } })
    await connected(host)
    const { controllers } = await readSubsystem(host, NQN, forever)
    expect(host.text('/sys/block/nvme0n1/uuid')).toBe('aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa')
    expect(controllers[0]?.namespaces).toMatchObject([
      { nsid: 4, uuid: undefined, nguid: 'a'.repeat(32), eui64: '002538b101020304', wwid: `eui.${'a'.repeat(32)}` },
    ])
  })
})

describe('the scan work', () => {
  test('finds a namespace that the target announces, and drops one that is gone', async () => {
    const host = stage()
    await both(host)
    host.storage.nvme.map(NQN, 2, 'two')
    await host.clock.advance(50)
    expect(heads(host)).toHaveLength(2)
    host.storage.nvme.unmap(NQN, 1)
    await host.clock.advance(50)
    expect(heads(host).map((each) => each.split(' ')[0])).toEqual(['nvme0n2'])
  })
  test('runs only when asked, where events are withheld', async () => {
    const host = stage()
    await both(host)
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.map(NQN, 2, 'two')
    await host.clock.advance(5_000)
    expect(heads(host)).toHaveLength(1)
    await rescan(host, 1)
    expect([heads(host).length, paths(host)]).toEqual([2, ['nvme0c0n1', 'nvme0c1n1', 'nvme0c1n2']])
  })
  test('finds a replaced namespace only in the second round of all controllers', async () => {
    const host = stage({ namespaces: { 1: { volume: 'one', uuid: UUIDS.a } } })
    await both(host)
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.map(NQN, 1, { volume: 'two', uuid: UUIDS.b })
    expect(host.volumesBehind('/dev/nvme0n1')).toEqual(['two'])
    expect(heads(host)).toEqual([`nvme0n1 uuid.${UUIDS.a.slice(0, 8)}`])
    await rescan(host, 0)
    expect(paths(host)).toEqual(['nvme0c1n1'])
    await rescan(host, 0)
    expect(host.nvme.log).toEqual(["nvme0: IDs don't match for shared namespace 1"])
    await rescan(host, 0, 1)
    await rescan(host, 0, 1)
    expect([heads(host), paths(host)]).toEqual([[`nvme0n1 uuid.${UUIDS.b.slice(0, 8)}`], ['nvme0c0n1', 'nvme0c1n1']])
  })
  test('ignores a namespace whose identity another subsystem has', async () => {
    const host = stage()
    await connected(host)
    host.storage.nvme.subsystem({ nqn: 'nqn.other', portals: ['10.99.3.1:4420'], namespaces: { 1: 'one' } })
    await connected(host, { nqn: 'nqn.other', portal: '10.99.3.1:4420' })
    expect([heads(host).length, host.nvme.log]).toEqual([1, ['nvme1: ignoring nsid 1 because of duplicate IDs']])
  })
  test('of one controller that sees a growth takes the others out of use', async () => {
    const host = stage()
    await both(host)
    host.storage.resize('one', 128)
    await rescan(host, 1)
    expect(['nvme0n1', 'nvme0c0n1', 'nvme0c1n1'].map((name) => host.text(`/sys/block/${name}/size`))).toEqual([
      '262144',
      '131072',
      '262144',
    ])
    await tell(host, 1, 'delete_controller')
    expect(host.volumesBehind('/dev/nvme0n1')).toEqual([''])
    await rescan(host, 0)
    expect(host.volumesBehind('/dev/nvme0n1')).toEqual(['one'])
  })
})

describe('ANA', () => {
  test('a head is added with its first accessible path, and no event tells of a state', async () => {
    const host = stage()
    for (const portal of PORTALS) host.storage.nvme.setAnaState(NQN, portal, 1, 'inaccessible')
    await both(host)
    expect([heads(host), paths(host)]).toEqual([[], ['nvme0c0n1', 'nvme0c1n1']])
    const before = host.uevents.seqnum
    host.storage.nvme.setAnaState(NQN, PORTALS[1], 1, 'non-optimized')
    await host.clock.advance(20)
    expect(heads(host)).toHaveLength(1)
    expect(paths(host).map((name) => host.text(`/sys/block/${name}/ana_state`))).toEqual(['inaccessible', 'non-optimized'])
    const added = host.uevents.seqnum
    expect(added - before).toBe(1)
    host.storage.nvme.setAnaState(NQN, PORTALS[1], 1, 'inaccessible')
    await host.clock.advance(20)
    expect([heads(host).length, host.uevents.seqnum]).toEqual([1, added])
  })
})

describe('a lost portal', () => {
  test('is reconnected, and I/O waits meanwhile', async () => {
    const host = stage()
    await connected(host, { more: ['reconnect_delay=2', 'keep_alive_tmo=2'] })
    host.storage.portal(PORTALS[0], 'drop')
    await host.clock.advance(4_100)
    expect(state(host, 0)).toBe('connecting')
    let done = false
    const flushed = host.kernel.flush('/dev/nvme0n1', signal).then(() => (done = true))
    await host.clock.advance(1_000)
    expect(done).toBe(false)
    host.storage.portal(PORTALS[0], 'open')
    await flushed
    expect(state(host, 0)).toBe('live')
  })
  test('ends the controller after its loss time; I/O then fails', async () => {
    const host = stage()
    await connected(host, { more: ['reconnect_delay=2', 'ctrl_loss_tmo=5'] })
    host.storage.portal(PORTALS[0], 'refuse')
    await host.clock.advance(100)
    const flushed = host.kernel.flush('/dev/nvme0n1', signal)
    await expect(flushed).rejects.toMatchObject({ details: { errno: 'EIO' } })
    await host.clock.advance(50)
    expect(host.names('/sys/class/nvme')).toEqual([])
    expect(host.clock.now()).toBeGreaterThan(6_000)
  })
  test.each([
    ['6.1', ['nvme0']],
    ['6.12', []],
  ] as const)('whose target refuses the host: kernel %s', async (nvme, left) => {
    const host = stage({ nvme })
    await connected(host, { more: ['ctrl_loss_tmo=-1'] })
    host.storage.portal(PORTALS[0], 'refuse')
    host.storage.nvme.allow(NQN, [])
    await host.clock.advance(1_000)
    host.storage.portal(PORTALS[0], 'open')
    await host.clock.advance(60_000)
    expect(host.names('/sys/class/nvme')).toEqual(left)
  })
})

describe('a new controller that nobody keeps', () => {
  test.each(['dies', 'gives up'])('is deleted when its process %s', async (how) => {
    const host = stage()
    const caller = new AbortController()
    const ended = host.kernel.connectFabrics(new Secret(optionsOf()), caller.signal).catch(() => 'ended')
    await host.clock.advance(5)
    const other = how === 'dies' ? host.crash() : host
    caller.abort(new Error('enough'))
    if (how !== 'dies') expect(await ended).toBe('ended')
    await other.clock.advance(100)
    expect([other.names('/sys/class/nvme'), other.nvme.written.length]).toEqual([[], 1])
  })
  test('is deleted by its process, or stays when it is kept', async () => {
    const host = stage()
    const [kept, dropped] = [await write(host, optionsOf()), await write(host, optionsOf({ portal: PORTALS[1] }))]
    if (kept.outcome === 'failed' || dropped.outcome === 'failed') expect.unreachable()
    else {
      await kept.controller.keep()
      await dropped.controller.discard()
      expect(host.names('/sys/class/nvme')).toEqual(['nvme0'])
      await kept.controller.discard()
      expect(host.crash().names('/sys/class/nvme')).toEqual(['nvme0'])
    }
  })
  test('is never mistaken for another one that has its number now', async () => {
    const host = stage()
    const outcome = await write(host, optionsOf())
    await tell(host, 0, 'delete_controller')
    expect(await failed(host)).toBe('nvme0')
    if (outcome.outcome === 'connected') await outcome.controller.discard()
    expect(host.names('/sys/class/nvme')).toEqual(['nvme0'])
  })
})

describe('Identify', () => {
  const ask = (host: ReturnType<typeof stage>, cdw10: number, nsid = 1) =>
    host.kernel.nvmeAdmin({ device: '/dev/nvme0', opcode: 6, nsid, cdw10, length: 4096 }, signal)
  test('asks the target itself', async () => {
    const host = stage({ namespaces: { 1: { volume: 'one', uuid: UUIDS.a }, 3: 'three' } })
    await connected(host)
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.map(NQN, 1, { volume: 'two', uuid: UUIDS.b, nguid: 'b'.repeat(32) })
    const { status, data } = await ask(host, 3)
    expect([status, Buffer.from(data.subarray(0, 44)).toString('hex')]).toEqual([
      0,
      `02100000${'b'.repeat(32)}03100000${UUIDS.b.replaceAll('-', '')}00000000`,
    ])
    expect(Buffer.from((await ask(host, 2, 0)).data).readUInt32LE(4)).toBe(3)
    expect((await ask(host, 3, 9)).status).toBe(0x400b)
  })
  test('of a controller that is not live fails at once; one that goes silent is reset after a minute', async () => {
    const host = stage()
    await connected(host)
    host.storage.nvme.greetOnly(PORTALS[0])
    const [answer] = await Promise.allSettled([ask(host, 3)])
    expect([answer.status, state(host, 0)]).toEqual(['rejected', 'connecting'])
    await expect(ask(host, 3)).rejects.toMatchObject({ details: { errno: 'EAGAIN' } })
  })
})

test('dirty pages of a head are lost with its last controller, unless they were flushed', async () => {
  const host = stage()
  await connected(host)
  const { write: writeTo, close } = host.users.open('/dev/nvme0n1')
  writeTo(8192, Buffer.from('kept'))
  await host.kernel.flush('/dev/nvme0n1', signal)
  writeTo(12_288, Buffer.from('lost'))
  await tell(host, 0, 'delete_controller')
  close()
  const volume = host.storage.volumeNamed('one')
  expect([8192, 12_288].map((offset) => Buffer.from(volume.read(offset, 4)).toString())).toEqual(['kept', '\0\0\0\0'])
})

test('every attribute is gone after a reboot', async () => {
  const host = stage()
  await connected(host)
  const next = host.reboot()
  expect([next.names('/sys/class/nvme'), next.names('/dev').filter((name) => name.startsWith('nvme'))]).toEqual([[], ['nvme-fabrics']])
  expect(await failed(next)).toBe('nvme0')
})
