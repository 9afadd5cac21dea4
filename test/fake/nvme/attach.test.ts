/** Attach and detach of NVMe over TCP volumes. */
import { describe, expect, test } from 'vitest'

import { attached, attacherOn, connectionOf, controllers, foreign, leftovers, machine, NQN, PORTALS, requestOf, UUID } from './world.js'

const OTHER_UUID = '22222222-2222-4333-8444-555555555555'
async function pairOf(host: ReturnType<typeof machine>): Promise<string> {
  const { nvme } = await (await attacherOn(host, 'asks')).identity()
  return `hostnqn=${String(nvme?.hostNqn)},hostid=${String(nvme?.hostId)}`
}
const optionsFor = async (host: ReturnType<typeof machine>, portal: string): Promise<string> => {
  const [address = '', port = ''] = portal.split(':')
  return `transport=tcp,traddr=${address},trsvcid=${port},nqn=${NQN},${await pairOf(host)}`
}

describe('an attach', () => {
  test('returns the head over all portals, and a detach leaves nothing', async () => {
    const host = machine()
    const attacher = await attacherOn(host)
    const attachment = await attacher.attach(requestOf())
    expect(attachment).toMatchObject({
      protocol: 'nvme',
      device: '/dev/nvme0n1',
      wwid: `uuid.${UUID}`,
      identity: { scheme: 'nvme', id: `uuid.${UUID}` },
      sizeBytes: 64 * 1024 * 1024,
      nvme: { subsystem: NQN, nsid: 1, uuid: UUID, ioPolicy: 'numa' },
      multipath: null,
      degraded: false,
      reused: false,
      udevReady: true,
    })
    expect(attachment.paths).toEqual(
      expect.arrayContaining(
        PORTALS.map((label) => {
          const nvme = { portal: label, controller: expect.stringMatching(/^nvme[01]$/) as string, state: 'live' }
          const path = { label, state: 'running', accessState: 'active/optimized' }
          return expect.objectContaining({ ...path, nvme: { ...nvme, anaState: 'optimized', ctrlLossTimeoutSec: -1 } }) as object
        }),
      ),
    )
    expect(host.volumesBehind(attachment.device)).toEqual(['data'])
    const report = await attacher.detach('vol-1')
    expect(report).toMatchObject({ outcome: 'released', kept: [], remaining: [], dataLossPossible: false })
    expect(report.checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^controller nvme0 to portal .* is gone$/), 'device /dev/nvme0n1 is gone']),
    )
    await attacher.close()
    expect(leftovers(host)).toEqual([])
    host.verify()
  })
  test('gives the kernel both host names, and no way up of several', async () => {
    const { host, attacher } = await attached()
    const pair = await pairOf(host)
    expect(host.nvme.written).toHaveLength(2)
    for (const text of host.nvme.written) expect(text).toMatch(new RegExp(`,${pair},ctrl_loss_tmo=-1$`))
    await attacher.detach('vol-1')
    await attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    expect(host.nvme.written[2]).not.toContain('ctrl_loss_tmo')
  })
  test('gives the kernel the settings of the policy, and reports what holds', async () => {
    const nvme = {
      reconnectDelaySec: 5,
      ctrlLossTimeoutSec: 60,
      fastIoFailTimeoutSec: 20,
      keepAliveSec: 2,
      ioQueues: 4,
      queueSize: 64,
      headerDigest: true,
      dataDigest: false,
    }
    const host = machine()
    const { paths } = await (await attacherOn(host)).attach(requestOf('vol-1', { policy: { nvme } }))
    const settings = 'reconnect_delay=5,ctrl_loss_tmo=60,fast_io_fail_tmo=20,keep_alive_tmo=2,nr_io_queues=4,queue_size=64,hdr_digest'
    for (const text of host.nvme.written) expect(text.endsWith(`,${settings}`)).toBe(true)
    expect(paths.map((path) => path.nvme?.ctrlLossTimeoutSec)).toEqual([60, 60])
    const old = machine({ nvmeListsOptions: false })
    await expect((await attacherOn(old)).attach(requestOf('vol-1', { policy: { nvme } }))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('fast_io_fail_tmo') as string,
    })
    expect(old.nvme.written).toEqual([])
  })
  test('starts no program', async () => {
    const { host, attacher } = await attached()
    await attacher.detach('vol-1')
    expect(host.ran).toEqual([])
  })
  test('again returns the same device', async () => {
    const { host, attacher } = await attached()
    expect(await attacher.attach(requestOf())).toMatchObject({ reused: true, device: '/dev/nvme0n1' })
    expect(await attacher.inspect('vol-1')).toMatchObject({ id: 'vol-1' })
    expect(host.nvme.written).toHaveLength(2)
  })
  test.each([
    ['its NGUID', { 1: { volume: 'data', uuid: null, nguid: 'ab'.repeat(16) } }, { nguid: 'ab'.repeat(16) }],
    ['its NGUID as its UUID', { 1: { volume: 'data', uuid: null, nguid: 'ab'.repeat(16) } }, { uuid: 'ab'.repeat(16) }],
    ['its EUI-64', { 1: { volume: 'data', uuid: null, eui64: '002538b101020304' } }, { eui64: '00:25:38:b1:01:02:03:04' }],
    ['its number', { 1: 'other', 7: 'data' }, { nsid: '7' }],
    ['all that it shows', { 1: 'other', 7: { volume: 'data', nguid: 'cd'.repeat(16) } }, { nsid: 7, nguid: 'cd'.repeat(16), uuid: UUID }],
    ['an identifier that it does not show, beside one that it shows', { 1: 'data' }, { uuid: UUID, eui64: '002538b101020304' }],
  ])('finds the namespace by %s', async (_, namespaces, namespace) => {
    const host = machine()
    host.storage.nvme.subsystem({ nqn: NQN, portals: PORTALS, namespaces })
    const { path } = await (await attacherOn(host)).attach(requestOf('vol-1', { namespace }))
    expect(host.volumesBehind(path)).toEqual(['data'])
  })
  test('refuses a namespace of which one identifier differs, and leaves nothing', async () => {
    const host = machine()
    const attacher = await attacherOn(host)
    const wrong = attacher.attach(requestOf('vol-1', { namespace: { uuid: UUID, nsid: 2 } }), { timeoutMs: 5_000 })
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_LUN_NOT_FOUND',
      sideEffects: 'undone',
      message: expect.stringContaining('nsid 1') as string,
    })
    expect(leftovers(host)).toEqual([])
  })
  test('finds a namespace that is exported later, with events and without', async () => {
    for (const withheld of [false, true]) {
      const host = machine()
      host.storage.nvme.unmap(NQN, 1)
      host.storage.nvme.withholdEvents(NQN, withheld)
      const attaching = (await attacherOn(host)).attach(requestOf())
      await host.clock.advance(2_000)
      const before = host.clock.now()
      host.storage.nvme.map(NQN, 1, 'data')
      expect(await attaching).toMatchObject({ device: '/dev/nvme0n1' })
      expect(host.clock.now() - before).toBeLessThan(2_500)
    }
  })
  test('waits no longer than policy.lun says', async () => {
    const host = machine()
    host.storage.nvme.unmap(NQN, 1)
    const failing = (await attacherOn(host)).attach(requestOf('vol-1', { policy: { lun: { waitMs: 400 } } }))
    await expect(failing).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
    expect([host.clock.now() < 2_000, leftovers(host)]).toEqual([true, []])
  })
  test('without the driver is refused, after one attempt to load it', async () => {
    const host = machine({ nvme: 'absent' })
    await expect((await attacherOn(host)).attach(requestOf())).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', sideEffects: 'none' })
    expect(host.ran).toEqual([['modprobe', 'nvme-tcp']])
  })
})

describe('a portal', () => {
  test.each(['drop', 'refuse', 'mute'] as const)('in state %s is never given to the kernel, and delays nobody', async (state) => {
    const host = machine()
    host.storage.portal(PORTALS[1], state)
    const attachment = await (await attacherOn(host)).attach(requestOf('vol-1', { policy: { paths: { graceMs: 500 } } }))
    expect(attachment).toMatchObject({ degraded: true })
    expect(host.clock.now()).toBeLessThan(1_500)
    expect(host.nvme.written).toHaveLength(1)
  })
  test('that comes back joins by itself, within the time of the attach', async () => {
    const host = machine()
    host.storage.portal(PORTALS[1], 'refuse')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1', { policy: { paths: { graceMs: 100 } } }))
    host.storage.portal(PORTALS[1], 'open')
    await host.clock.advance(5_000)
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await attacher.detach('vol-1')
    expect(leftovers(host)).toEqual([])
  })
  test('all of them dead fail the attach', async () => {
    const host = machine()
    for (const portal of PORTALS) host.storage.portal(portal, 'drop')
    await expect((await attacherOn(host)).attach(requestOf(), { timeoutMs: 8_000 })).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
    })
    expect([host.nvme.written, leftovers(host)]).toEqual([[], []])
  })
  test.each([
    ['unknown subsystem', { nqn: 'nqn.2014-08.org.example:two' }, undefined],
    ['host that is not allowed', {}, []],
  ])('refuses an %s: the attach fails, and leaves nothing', async (_, given, hosts) => {
    const host = machine()
    host.storage.nvme.allow(NQN, hosts)
    await expect((await attacherOn(host)).attach(requestOf('vol-1', given))).rejects.toMatchObject({ code: 'ERR_TARGET_NOT_FOUND' })
    expect(leftovers(host)).toEqual([])
  })
})

describe('a controller that is there already', () => {
  test('is used whatever the spelling, and stays', async () => {
    const host = machine()
    host.storage.nvme.subsystem({ nqn: NQN, portals: ['[fd99::1]:4420'], namespaces: { 1: 'data' } })
    const text = `transport=tcp,traddr=fd99:0::0001,trsvcid=04420,nqn=${NQN},${await pairOf(host)}`
    expect(await foreign(host, text)).toBe('nvme0')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1', { portals: ['[fd99::1]:4420'] }))
    expect(host.nvme.written).toHaveLength(1)
    const report = await attacher.detach('vol-1')
    expect(report.kept.map(({ what }) => what)).toEqual(['controller nvme0 to portal [fd99::1]:4420', 'device /dev/nvme0n1'])
    expect(controllers(host)).toEqual(['nvme0'])
  })
  test('on one portal stays; the other one goes', async () => {
    const host = machine()
    await foreign(host, await optionsFor(host, PORTALS[0]))
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf())
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await attacher.detach('vol-1')
    expect(controllers(host)).toEqual(['nvme0'])
    host.verify()
  })
  test('of another host is not ours', async () => {
    const host = machine()
    await foreign(host, `transport=tcp,traddr=10.99.1.1,trsvcid=4420,nqn=${NQN},hostnqn=nqn.other,hostid=${OTHER_UUID}`)
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await attacher.detach('vol-1')
    expect(controllers(host)).toEqual(['nvme0'])
  })
  test('that contradicts the pair of this host ends the attach before any write', async () => {
    const host = machine()
    const { nvme } = await (await attacherOn(host)).identity()
    await foreign(host, `transport=tcp,traddr=10.99.1.1,trsvcid=4420,nqn=nqn.x,hostnqn=${String(nvme?.hostNqn)},hostid=${OTHER_UUID}`)
    host.storage.nvme.subsystem({ nqn: 'nqn.x', portals: ['10.99.3.1:4420'], namespaces: {} })
    await foreign(host, `transport=tcp,traddr=10.99.3.1,trsvcid=4420,nqn=nqn.x,hostnqn=${String(nvme?.hostNqn)},hostid=${OTHER_UUID}`)
    const written = host.nvme.written.length
    await expect((await attacherOn(host)).attach(requestOf())).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    expect(host.nvme.written).toHaveLength(written)
  })
  test('and connects is waited for, not replaced', async () => {
    const host = machine()
    await foreign(host, `${await optionsFor(host, PORTALS[0])},reconnect_delay=3`)
    host.storage.portal(PORTALS[0], 'refuse')
    await host.clock.advance(100)
    const attaching = (await attacherOn(host)).attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    await host.clock.advance(500)
    host.storage.portal(PORTALS[0], 'open')
    expect(await attaching).toMatchObject({ device: '/dev/nvme0n1' })
    expect([controllers(host), host.nvme.written.length]).toEqual([['nvme0'], 1])
  })
  test('shows a namespace that was replaced: the old identity is not handed out', async () => {
    const host = machine()
    await foreign(host, await optionsFor(host, PORTALS[0]))
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.map(NQN, 1, { volume: 'other', uuid: OTHER_UUID })
    const failing = (await attacherOn(host)).attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    await expect(failing).rejects.toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
      message: expect.stringContaining('its number leads to') as string,
    })
    expect(controllers(host)).toEqual(['nvme0'])
  })
  test('shows a namespace that was replaced: the new one is found after two rounds', async () => {
    const host = machine()
    for (const portal of PORTALS) await foreign(host, await optionsFor(host, portal))
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.map(NQN, 1, { volume: 'other', uuid: OTHER_UUID })
    const { path } = await (await attacherOn(host)).attach(requestOf('vol-1', { namespace: { uuid: OTHER_UUID } }))
    expect(host.volumesBehind(path)).toEqual(['other'])
    expect(host.nvme.written).toHaveLength(2)
  })
  test('shows a namespace that was replaced under a program that has it open: nothing is taken from it', async () => {
    const host = machine()
    await foreign(host, await optionsFor(host, PORTALS[0]))
    const { close } = host.users.open('/dev/nvme0n1')
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.map(NQN, 1, { volume: 'other', uuid: OTHER_UUID })
    const attacher = await attacherOn(host)
    const request = requestOf('vol-1', { portals: [PORTALS[0]], namespace: { uuid: OTHER_UUID } })
    await expect(attacher.attach(request)).rejects.toMatchObject({ code: 'ERR_HELD', details: { device: '/dev/nvme0n1' } })
    expect(host.text('/sys/class/block/nvme0n1/uuid')).toBe(UUID)
    close()
    expect(host.volumesBehind((await attacher.attach(request)).path)).toEqual(['other'])
  })
})

describe('an identity', () => {
  test('that another subsystem shows already hides the namespace, and the error names that subsystem', async () => {
    const host = machine()
    host.storage.nvme.subsystem({ nqn: 'nqn.twin', portals: ['10.99.3.1:4420'], namespaces: { 1: 'data' } })
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('twin', { nqn: 'nqn.twin', portals: ['10.99.3.1:4420'] }))
    const failing = attacher.attach(requestOf(), { timeoutMs: 4_000 })
    await expect(failing).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT', message: expect.stringContaining('nqn.twin') as string })
    await attacher.detach('twin')
    expect(await attacher.attach(requestOf())).toMatchObject({ wwid: `uuid.${UUID}` })
  })
  test.each([
    ['uuid', { uuid: OTHER_UUID }],
    ['wwid', { wwid: `uuid.${OTHER_UUID}` }],
    ['nguid', { nguid: 'a'.repeat(32) }],
    ['size', { sizeBytes: 512 }],
    ['serial', { serial: 'x' }],
  ])('other than the expected %s ends the attach, and leaves nothing', async (_, expected) => {
    const host = machine()
    await expect((await attacherOn(host)).attach(requestOf('vol-1', { expected }))).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    expect(leftovers(host)).toEqual([])
  })
  test('as expected is accepted in each spelling', async () => {
    const host = machine()
    const expected = { uuid: UUID.toUpperCase(), wwid: `uuid.${UUID}`, serial: 'fa1e5e71a1', sizeBytes: 64 * 1024 * 1024 }
    expect(await (await attacherOn(host)).attach(requestOf('vol-1', { expected }))).toMatchObject({ serial: 'fa1e5e71a1' })
  })
})

describe('ANA', () => {
  test('a portal that is inaccessible is no path, until it is', async () => {
    const host = machine()
    host.storage.nvme.setAnaState(NQN, PORTALS[0], 1, 'inaccessible')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1', { policy: { paths: { graceMs: 200 } } }))
    expect(host.volumesBehind('/dev/nvme0n1')).toEqual(['data'])
  })
  test('without an accessible path there is no device, and the error names the states', async () => {
    const host = machine()
    for (const portal of PORTALS) host.storage.nvme.setAnaState(NQN, portal, 1, 'inaccessible')
    const attacher = await attacherOn(host)
    const failing = attacher.attach(requestOf(), { timeoutMs: 3_000 })
    await expect(failing).rejects.toMatchObject({
      code: 'ERR_PATH_INACCESSIBLE',
      message: expect.stringContaining('inaccessible') as string,
      details: { target: NQN, states: ['nvme0 inaccessible', 'nvme1 inaccessible'] },
    })
    expect(leftovers(host)).toEqual([])
    const attaching = attacher.attach(requestOf())
    await host.clock.advance(3_000)
    host.storage.nvme.setAnaState(NQN, PORTALS[1], 1, 'optimized')
    expect(await attaching).toMatchObject({ device: '/dev/nvme0n1' })
  })
})

test('a connection that is not NVMe is left to its own transport', async () => {
  const host = machine()
  const attacher = await attacherOn(host)
  await expect(attacher.attach({ id: 'a', connection: { protocol: 'local', path: '/dev/none' } })).rejects.toMatchObject({
    code: 'ERR_TARGET_NOT_FOUND',
  })
  expect(connectionOf().protocol).toBe('nvme')
})
