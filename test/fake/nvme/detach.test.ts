/** Detach, resize and recovery of NVMe over TCP volumes: what stays, what goes, and what is never lost. */
import { describe, expect, test } from 'vitest'

import { attached, attacherOn, controllers, foreign, leftovers, machine, NQN, PORTALS, requestOf, UUID } from './world.js'
import { namespaceUuid } from '../../../lib/testing/nvme/targets.js'

const OTHER = { uuid: namespaceUuid('other') }
const OTHER_PAIR = { nqn: 'nqn.2014-08.org.example:host-b', id: '11111111-2222-4333-8444-555555555555' }
/** What is written of controllers that were left to other attachments. */
const LEFT = '/run/brickwork/nvme'
async function optionsFor(host: ReturnType<typeof machine>, portal: string): Promise<string> {
  const { nvme } = await (await attacherOn(host, 'asks')).identity()
  const [address = '', port = ''] = portal.split(':')
  return `transport=tcp,traddr=${address},trsvcid=${port},nqn=${NQN},hostnqn=${String(nvme?.hostNqn)},hostid=${String(nvme?.hostId)}`
}

describe('a detach is refused, and removes nothing, while', () => {
  test.each([
    [
      'it is mounted',
      (host) => {
        const mount = host.users.mount('/dev/nvme0n1')
        return () => mount.unmount()
      },
    ],
    ['a program has it open', (host) => host.users.open('/dev/nvme0n1').close],
    ['a program has its character device open', (host) => host.users.openCharacter('/dev/ng0n1').close],
    ['it is swap', (host) => host.users.swapOn('/dev/nvme0n1')],
    ['a device is built on it', (host) => host.users.stack('/dev/nvme0n1', 'dm-7')],
  ] as const satisfies readonly (readonly [string, (host: ReturnType<typeof machine>) => () => void])[])('%s', async (_, use) => {
    const { host, attacher } = await attached()
    const end = use(host)
    await expect(attacher.detach('vol-1')).rejects.toMatchObject({ code: 'ERR_HELD', sideEffects: 'none' })
    expect([controllers(host), host.volumesBehind('/dev/nvme0n1')]).toEqual([['nvme0', 'nvme1'], ['data']])
    end()
    expect(await attacher.detach('vol-1')).toMatchObject({ outcome: 'released' })
    expect(leftovers(host)).toEqual([])
    host.verify()
  })
})

describe('a detach', () => {
  test('writes unwritten data to the volume before the last controller goes', async () => {
    const { host, attacher, device } = await attached()
    const { write, close } = host.users.open(device)
    // The program has gone, and its pages are still dirty while the flush runs.
    write(8192, Buffer.from('data'))
    close()
    await attacher.detach('vol-1')
    expect(Buffer.from(host.storage.volumeNamed('data').read(8192, 4)).toString()).toBe('data')
  })
  test('by force writes what a program that still has the device open has written', async () => {
    const { host, attacher, device } = await attached()
    const { write } = host.users.open(device)
    write(8192, Buffer.from('data'))
    expect(await attacher.detach('vol-1', { force: true })).toMatchObject({ outcome: 'released' })
    expect(Buffer.from(host.storage.volumeNamed('data').read(8192, 4)).toString()).toBe('data')
  })
  test('flushes before it deletes', async () => {
    const { host, attacher } = await attached()
    await attacher.detach('vol-1')
    const calls = host.trace.map(({ call, subject }) => `${call} ${subject}`)
    const [flush, first] = [calls.indexOf('kernel.flush /dev/nvme0n1'), calls.findIndex((each) => each.includes('delete_controller'))]
    expect([flush > 0, flush < first]).toEqual([true, true])
  })
  test('whose flush fails leaves every controller; by force it goes on and says so', async () => {
    const { host, attacher } = await attached()
    host.faults.plant({ on: 'kernel.flush', does: { fail: 'EIO' }, times: 2 })
    await expect(attacher.detach('vol-1')).rejects.toMatchObject({ code: 'ERR_KERNEL', sideEffects: 'none' })
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    expect(await attacher.detach('vol-1', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
    expect(leftovers(host)).toEqual([])
  })
  test('without a live path is refused at once; by force it gives the written data up', async () => {
    const { host, attacher } = await attached({}, { portals: [PORTALS[0]] })
    host.storage.portal(PORTALS[0], 'refuse')
    await host.clock.advance(500)
    await expect(attacher.detach('vol-1')).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', sideEffects: 'none' })
    expect(await attacher.detach('vol-1', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
    expect(leftovers(host)).toEqual([])
  })
  test('deletes all controllers at once', async () => {
    const { host, attacher } = await attached({ delays: { logout: 200 } })
    const before = host.clock.now()
    await attacher.detach('vol-1')
    expect(host.clock.now() - before).toBeLessThan(400)
  })
  test('is complete although another program deletes the controllers meanwhile', async () => {
    const { host, attacher } = await attached()
    const held = host.faults.plant({ on: 'kernel.flush', does: { hang: 'after' } })
    const detaching = attacher.detach('vol-1')
    await held.reached
    const directory = '/sys/class/nvme/nvme0'
    await host
      .process()
      .kernel.write({ directory, guards: [], attribute: 'delete_controller', value: '1', waits: 'unbounded' }, new AbortController().signal)
    held.release()
    expect(await detaching).toMatchObject({ outcome: 'released' })
    expect(leftovers(host)).toEqual([])
  })
  test('never deletes a controller that has the number now', async () => {
    const { host, attacher } = await attached({}, { portals: [PORTALS[0]] })
    const other = host.process()
    const directory = '/sys/class/nvme/nvme0'
    const request = { directory, guards: [], attribute: 'delete_controller', value: '1', waits: 'unbounded' } as const
    await other.kernel.write(request, new AbortController().signal)
    host.storage.nvme.subsystem({ nqn: 'nqn.x', portals: ['10.99.3.1:4420'], namespaces: { 1: 'other' } })
    expect(await foreign(host, (await optionsFor(host, '10.99.3.1:4420')).replace(NQN, 'nqn.x'))).toBe('nvme0')
    await attacher.detach('vol-1')
    expect(controllers(host)).toEqual(['nvme0'])
  })
})

describe('a subsystem with several namespaces', () => {
  const two = async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf())
    await attacher.attach(requestOf('vol-2', { namespace: OTHER }))
    return { host, attacher }
  }
  test.each([
    ['vol-1', 'vol-2'],
    ['vol-2', 'vol-1'],
  ])('keeps its controllers until the last attachment goes: %s first', async (first, second) => {
    const { host, attacher } = await two()
    expect(host.nvme.written).toHaveLength(2)
    const report = await attacher.detach(first)
    expect(report.kept.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['another attachment uses it', expect.stringContaining('until the storage unmaps it')]),
    )
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await attacher.detach(second)
    expect(leftovers(host)).toEqual([])
  })
  test('of another owner is kept too', async () => {
    const host = machine()
    const [one, two_] = [await attacherOn(host, 'one'), await attacherOn(host, 'two')]
    await one.attach(requestOf())
    await two_.attach(requestOf())
    const report = await one.detach('vol-1')
    expect(report.kept.map(({ what }) => what)).toContain('device /dev/nvme0n1')
    expect(host.volumesBehind('/dev/nvme0n1')).toEqual(['data'])
    await two_.detach('vol-1')
    expect(controllers(host)).toEqual([])
  })
  test('keeps every path of a namespace that another attachment has, and the last detach takes all of them', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1'))
    await attacher.attach(requestOf('vol-2', { portals: [PORTALS[1]], namespace: OTHER }))
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    const { kept } = await attacher.detach('vol-1')
    expect(kept.filter(({ what }) => what.startsWith('controller')).map(({ reason }) => reason)).toEqual([
      'attachment "vol-2" uses a namespace of its subsystem',
      'another attachment uses it',
    ])
    expect([controllers(host), host.volumesBehind('/dev/nvme0n2')]).toEqual([['nvme0', 'nvme1'], ['other']])
    await attacher.detach('vol-2')
    expect([leftovers(host), host.names(LEFT)]).toEqual([[], []])
    host.verify()
  })
  test('takes away what a detached attachment of another owner has left', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const [one, two_] = [await attacherOn(host), await attacherOn(host, 'two')]
    await one.attach(requestOf('vol-1'))
    await two_.attach(requestOf('vol-1', { portals: [PORTALS[1]], namespace: OTHER }))
    await one.detach('vol-1')
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await two_.detach('vol-1')
    expect([leftovers(host), host.names(LEFT)]).toEqual([[], []])
  })
  test('knows a controller that was left as one that Brickwork has connected', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1'))
    await attacher.attach(requestOf('vol-2', { portals: [PORTALS[1]], namespace: OTHER }))
    await attacher.detach('vol-1')
    await attacher.attach(requestOf('vol-3', { portals: [PORTALS[0]] }))
    await attacher.detach('vol-2')
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await attacher.detach('vol-3')
    expect([leftovers(host), host.names(LEFT)]).toEqual([[], []])
  })
  test('never takes the controller that another program has connected in place of one that was left', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1'))
    await attacher.attach(requestOf('vol-2', { portals: [PORTALS[0]], namespace: OTHER }))
    await attacher.detach('vol-1')
    await host
      .process()
      .kernel.write(
        { directory: '/sys/class/nvme/nvme1', guards: [], attribute: 'delete_controller', value: '1', waits: 'bounded' },
        new AbortController().signal,
      )
    await foreign(host, await optionsFor(host, PORTALS[1]))
    await attacher.detach('vol-2')
    expect([controllers(host), host.names(LEFT)]).toEqual([['nvme1'], []])
  })
  test('takes its own controllers from a volume that another attachment has by another host pair', async () => {
    const host = machine()
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('a'))
    await attacher.attach(requestOf('b', { more: { host: OTHER_PAIR } }))
    expect(controllers(host)).toHaveLength(4)
    await attacher.detach('a')
    expect(controllers(host)).toEqual(['nvme2', 'nvme3'])
    await attacher.detach('b')
    expect([leftovers(host), host.names(LEFT)]).toEqual([[], []])
  })
  test('keeps the last path of a namespace that another attachment has by another host pair, over portals which are dead now', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    await attacher.attach(requestOf('vol-2', { portals: [PORTALS[1]], namespace: OTHER, more: { host: OTHER_PAIR } }))
    host.storage.portal(PORTALS[1], 'refuse')
    await host.clock.advance(1_000)
    const report = await attacher.detach('vol-1')
    expect(report.kept.map(({ reason }) => reason)).toEqual(expect.arrayContaining([expect.stringContaining('attachment "vol-2" uses it')]))
    expect([controllers(host), host.volumesBehind('/dev/nvme0n2')]).toEqual([['nvme0', 'nvme1'], ['other']])
  })
  test('keeps the last path of a namespace that a stranger uses, whoever made it', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf())
    const mount = host.users.mount('/dev/nvme0n2')
    const report = await attacher.detach('vol-1')
    expect(report.kept.map(({ reason }) => reason)).toEqual(expect.arrayContaining([expect.stringContaining('/dev/nvme0n2 is in use')]))
    expect([controllers(host), host.volumesBehind('/dev/nvme0n2')]).toEqual([['nvme0', 'nvme1'], ['other']])
    mount.unmount()
  })
  test('does not keep a path for a stranger who has one of his own', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    await foreign(host, await optionsFor(host, PORTALS[0]))
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf())
    const mount = host.users.mount('/dev/nvme0n2')
    await attacher.detach('vol-1')
    expect([controllers(host), host.volumesBehind('/dev/nvme0n2')]).toEqual([['nvme0'], ['other']])
    mount.unmount()
  })
  test('does not stay for namespaces that nobody uses', async () => {
    const host = machine()
    host.storage.nvme.map(NQN, 2, 'other')
    const attacher = await attacherOn(host)
    await attacher.attach(requestOf())
    await attacher.detach('vol-1')
    expect(leftovers(host)).toEqual([])
  })
})

describe('a resize', () => {
  test.each(['all', 'one', 'none'])('is complete when %s of the controllers have seen it', async (seen) => {
    const { host, attacher } = await attached()
    host.storage.nvme.withholdEvents(NQN, seen !== 'all')
    host.storage.resize('data', 128)
    host.storage.nvme.revalidate(NQN)
    if (seen === 'one') {
      const request = {
        directory: '/sys/class/nvme/nvme1',
        guards: [],
        attribute: 'rescan_controller',
        value: '1',
        waits: 'bounded',
      } as const
      await host.kernel.write(request, new AbortController().signal)
    }
    await host.clock.advance(100)
    const report = await attacher.resize('vol-1')
    expect(report).toMatchObject({ device: '/dev/nvme0n1', sizeBytes: 128 * 1024 * 1024 })
    expect(['nvme0n1', 'nvme0c0n1', 'nvme0c1n1'].map((name) => host.text(`/sys/block/${name}/size`))).toEqual([
      '262144',
      '262144',
      '262144',
    ])
    expect(report.layers.map(({ device }) => device)).toEqual(['/dev/nvme0', '/dev/nvme1', '/dev/nvme0n1'])
  })
  test('to a size that the storage does not have fails', async () => {
    const { attacher } = await attached()
    await expect(attacher.resize('vol-1', { sizeBytes: 1024 * 1024 * 1024 })).rejects.toMatchObject({ code: 'ERR_RESIZE_NOT_CONVERGED' })
  })
})

describe('a crash', () => {
  test('after the connect, before it is recorded, leaves no controller', async () => {
    const host = machine()
    host.faults.plant({ on: 'kernel.connectFabrics', does: { crash: 'after' } })
    void (await attacherOn(host)).attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    await host.died
    const next = host.process()
    await next.clock.advance(100)
    expect(controllers(next)).toEqual([])
    await (await attacherOn(next)).recover()
    expect(leftovers(next)).toEqual([])
  })
  test('while a namespace is awaited is rolled back by recover', async () => {
    const host = machine()
    host.storage.nvme.unmap(NQN, 1)
    void (await attacherOn(host)).attach(requestOf())
    await host.clock.advance(1_000)
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    const next = host.crash()
    await (await attacherOn(next)).recover()
    expect(leftovers(next)).toEqual([])
  })
  test('of the machine leaves nothing to remove: what has the numbers now is not touched', async () => {
    const { host } = await attached()
    const next = host.reboot()
    await foreign(next, await optionsFor(next, PORTALS[0]))
    await (await attacherOn(next)).recover()
    expect(controllers(next)).toEqual(['nvme0'])
  })
})

describe('a connect whose caller gives up', () => {
  test('is pending, and its controller goes when the kernel answers', async () => {
    const host = machine()
    host.faults.plant({ on: 'kernel.connectFabrics', does: { delayMs: 14_000 } })
    const attacher = await attacherOn(host)
    const failing = attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]] }), { timeoutMs: 10_000 })
    await expect(failing).rejects.toMatchObject({ sideEffects: 'pending' })
    await host.clock.advance(10_000)
    await attacher.close()
    expect(leftovers(host)).toEqual([])
  })
})

test('an attach that reads finds the other one that writes, and is refused', async () => {
  const host = machine()
  const attacher = await attacherOn(host)
  await attacher.attach(requestOf())
  const reading = attacher.attach(requestOf('vol-2', { more: { access: 'ro' } }))
  await expect(reading).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
  expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
  await attacher.detach('vol-1')
  expect(await attacher.attach(requestOf('vol-2', { more: { access: 'ro' } }))).toMatchObject({ readOnly: true })
  await attacher.detach('vol-2')
  expect(leftovers(host)).toEqual([])
  expect(UUID).not.toBe(OTHER.uuid)
})

test('a controller that another manager has registered stays', async () => {
  const { host, attacher } = await attached()
  host.put('/run/nvme/registry/nvme1/owner', 'stas\n')
  const { kept, stillVisible } = await attacher.detach('vol-1')
  expect(kept).toContainEqual({ what: `controller nvme1 to portal ${PORTALS[1]}`, reason: 'stas manages it (/run/nvme/registry)' })
  expect(stillVisible).toEqual(['/dev/nvme0n1'])
  expect(controllers(host)).toEqual(['nvme1'])
})
