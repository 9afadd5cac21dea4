/** Paths of an attached namespace: how they are found, watched, lost and healed. */
import { describe, expect, test } from 'vitest'

import { type Attacher, createAttacher, type HealthEvent } from '../../../lib/index.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { attached, attacherOn, controllers, foreign, leftovers, machine, NQN, PORTALS, requestOf } from './world.js'

interface Watching {
  readonly told: HealthEvent[]
  readonly last: () => HealthEvent | undefined
  readonly end: () => Promise<void>
}
function watching(attacher: Attacher): Watching {
  const stop = new AbortController()
  const told: HealthEvent[] = []
  const ended = (async () => {
    for await (const event of attacher.watch({ signal: stop.signal })) told.push(event)
  })()
  return {
    told,
    last: () => told.at(-1),
    end: async () => {
      stop.abort()
      await ended
    },
  }
}
/** Deletes a controller as another program would. */
async function disconnect(host: FakeHost, name: string): Promise<void> {
  const request = {
    directory: `/sys/class/nvme/${name}`,
    guards: [],
    attribute: 'delete_controller',
    value: '1',
    waits: 'unbounded',
  } as const
  await host.process().kernel.write(request, new AbortController().signal)
}
const states = (event: HealthEvent | undefined) => event?.paths?.map(({ state, anaState }) => `${state} ${anaState ?? '-'}`)

describe('a namespace is found', () => {
  test('at the event of its head, without a pause', async () => {
    const host = machine({ delays: { scan: 400 } })
    const attacher = await attacherOn(host)
    const { timings } = await attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]], policy: { ready: 'kernel' } }))
    const find = timings.find(({ step }) => step === 'find')
    // The scan ends after 400 ms, and the kernel announces the head at once.
    expect(find?.ms).toBeGreaterThan(390)
    expect(find?.ms).toBeLessThan(415)
  })
  test('at a second controller, whose path no event announces', async () => {
    const host = machine({ delays: { scan: 200 } })
    const attacher = await attacherOn(host)
    const attachment = await attacher.attach(requestOf('vol-1', { policy: { ready: 'kernel' } }))
    expect(attachment.paths).toHaveLength(2)
    const ms = attachment.timings.flatMap((timing) => (timing.step === 'find' ? [timing.ms] : []))
    for (const each of ms) expect(each).toBeLessThan(400)
  })
  test('after its export, also when no event of the target says so', async () => {
    for (const withheld of [false, true]) {
      const host = machine()
      host.storage.nvme.unmap(NQN, 1)
      host.storage.nvme.withholdEvents(NQN, withheld)
      const attaching = (await attacherOn(host)).attach(requestOf())
      await host.clock.advance(3000)
      const exportedMs = host.clock.now()
      host.storage.nvme.map(NQN, 1, 'data')
      await attaching
      expect(host.clock.now() - exportedMs).toBeLessThan(2500)
    }
  })
  test('in one scan, if an attach is to wait for nothing', async () => {
    const host = machine()
    const waitsForNothing = { policy: { lun: { waitMs: 0 } } }
    expect(await (await attacherOn(host)).attach(requestOf('vol-1', waitsForNothing))).toMatchObject({ device: '/dev/nvme0n1' })
    const empty = machine()
    empty.storage.nvme.unmap(NQN, 1)
    await expect((await attacherOn(empty)).attach(requestOf('vol-1', waitsForNothing))).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
    expect(empty.clock.now()).toBeLessThan(2000)
    expect(leftovers(empty)).toEqual([])
  })
})

describe('a watch', () => {
  test('tells within two seconds of a path that is lost, removed, and back, though no event does', async () => {
    const { host, attacher } = await attached({}, { policy: { nvme: { keepAliveSec: 1, reconnectDelaySec: 2 } } })
    const watch = watching(attacher)
    await host.clock.advance(2000)
    expect(watch.told).toEqual([])
    host.storage.portal(PORTALS[1], 'drop')
    await host.clock.advance(4000)
    expect(watch.last()).toMatchObject({ type: 'paths', health: 'one-path', active: 1, inMap: 2, named: 2 })
    expect(states(watch.last())).toEqual(['live optimized', 'connecting optimized'])
    host.storage.portal(PORTALS[1], 'open')
    await host.clock.advance(4000)
    expect(watch.last()).toMatchObject({ health: 'healthy', active: 2 })
    await disconnect(host, 'nvme1')
    await host.clock.advance(1500)
    expect(watch.last()).toMatchObject({ health: 'one-path', active: 1, inMap: 1 })
    expect(states(watch.last())).toEqual(['live optimized', 'removed -'])
    expect(watch.told.some(({ type }) => type === 'access:revoked')).toBe(false)
    await disconnect(host, 'nvme0')
    await host.clock.advance(1500)
    expect(watch.last()).toMatchObject({ health: 'gone', active: 0 })
    await watch.end()
  })
  test('tells of ANA states, which are no loss as long as one path takes I/O', async () => {
    const { host, attacher } = await attached()
    const watch = watching(attacher)
    await host.clock.advance(100)
    host.storage.nvme.setAnaState(NQN, PORTALS[0], 1, 'inaccessible')
    await host.clock.advance(1900)
    expect(watch.last()).toMatchObject({ health: 'healthy', active: 2 })
    expect(states(watch.last())).toEqual(['live inaccessible', 'live optimized'])
    host.storage.nvme.setAnaState(NQN, PORTALS[1], 1, 'inaccessible')
    await host.clock.advance(1900)
    expect(watch.last()).toMatchObject({ health: 'no-path', active: 0, inMap: 2 })
    await watch.end()
  })
  test('tells of a host that the storage refuses from now on', async () => {
    const { host, attacher } = await attached({ nvme: '6.12' }, { policy: { nvme: { reconnectDelaySec: 2 } } })
    const watch = watching(attacher)
    host.storage.nvme.allow(NQN, [])
    host.storage.portal(PORTALS[1], 'refuse')
    await host.clock.advance(1500)
    host.storage.portal(PORTALS[1], 'open')
    await host.clock.advance(3000)
    expect(watch.told.filter(({ type }) => type === 'access:revoked')).toMatchObject([{ path: PORTALS[1], id: 'vol-1', named: 2 }])
    expect(watch.last()).toMatchObject({ type: 'paths', health: 'one-path' })
    expect(controllers(host)).toEqual(['nvme0'])
    await watch.end()
  })
})

describe('a heal', () => {
  test('connects the portal that the kernel has given up, and a detach removes it', async () => {
    const { host, attacher } = await attached()
    await disconnect(host, 'nvme1')
    expect(await attacher.heal('vol-1')).toMatchObject({
      attachments: [
        {
          device: '/dev/nvme0n1',
          paths: [
            { path: PORTALS[0], action: 'already' },
            { path: PORTALS[1], action: 'added' },
          ],
        },
      ],
    })
    expect((await attacher.inspect('vol-1')).attachment).toMatchObject({ paths: [{ label: PORTALS[0] }, { label: PORTALS[1] }] })
    expect(host.names('/sys/class/nvme-subsystem/nvme-subsys0').filter((name) => /^nvme\d+n\d+$/.test(name))).toEqual(['nvme0n1'])
    await attacher.detach('vol-1')
    expect(leftovers(host)).toEqual([])
  })
  test('leaves a portal that is still dead as it was, with the reason', async () => {
    const { host, attacher } = await attached()
    await disconnect(host, 'nvme1')
    host.storage.portal(PORTALS[1], 'drop')
    const { attachments } = await attacher.heal('vol-1')
    expect(attachments[0]?.paths[1]).toMatchObject({ action: 'failed', error: { code: 'ERR_TARGET_UNREACHABLE' } })
    host.storage.portal(PORTALS[1], 'open')
    host.storage.nvme.allow(NQN, [])
    const again = await attacher.heal('vol-1')
    expect(again.attachments[0]?.paths[1]).toMatchObject({ action: 'failed', error: { code: 'ERR_TARGET_NOT_FOUND' } })
    expect(controllers(host)).toEqual(['nvme0'])
    // The portal is still a path of the volume.
    const watch = watching(attacher)
    await host.clock.advance(100)
    expect(states(watch.last())).toEqual(['live optimized', 'removed -'])
    await watch.end()
    await attacher.detach('vol-1')
    expect(leftovers(host)).toEqual([])
  })
  test('takes back a controller that does not show the volume', async () => {
    const { host, attacher } = await attached({}, { portals: [PORTALS[0]], policy: { lun: { waitMs: 500 } } })
    await attacher.detach('vol-1')
    await attacher.attach(requestOf())
    await disconnect(host, 'nvme1')
    host.storage.nvme.withholdEvents(NQN)
    host.storage.nvme.unmap(NQN, 1)
    const { attachments } = await attacher.heal('vol-1')
    expect(attachments[0]?.paths[1]).toMatchObject({ action: 'failed', error: { code: 'ERR_LUN_NOT_FOUND' } })
    expect(controllers(host)).toEqual(['nvme0'])
  })
  test('leaves a controller that connects to the kernel', async () => {
    const { host, attacher } = await attached({}, { policy: { nvme: { keepAliveSec: 1 } } })
    host.storage.portal(PORTALS[1], 'drop')
    await host.clock.advance(3000)
    const before = host.nvme.written.length
    const { attachments } = await attacher.heal('vol-1')
    expect(attachments[0]?.paths[1]).toMatchObject({ action: 'failed', error: { message: expect.stringContaining('nvme1') as string } })
    expect(host.nvme.written).toHaveLength(before)
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
  })
  test('makes no second device beside one that is open and has lost all its paths', async () => {
    const { host, attacher, device } = await attached()
    const { close } = host.users.open(device)
    for (const name of ['nvme0', 'nvme1']) await disconnect(host, name)
    const { attachments } = await attacher.heal()
    expect(attachments).toMatchObject([{ id: 'vol-1', error: { code: 'ERR_TARGET_UNREACHABLE' } }])
    expect(controllers(host)).toEqual([])
    close()
  })
  test('in the background brings the path back by itself', async () => {
    const host = machine()
    const attacher = await createAttacher({ host, healIntervalMs: 5000 })
    await attacher.attach(requestOf())
    await disconnect(host, 'nvme1')
    await host.clock.advance(12_000)
    expect(controllers(host)).toHaveLength(2)
    await attacher.close()
  })
  test('uses the controller of another program, and leaves it at the detach', async () => {
    const { host, attacher } = await attached()
    await disconnect(host, 'nvme1')
    const [first = ''] = host.nvme.written
    await foreign(host, first.replace(/traddr=[^,]*/, 'traddr=10.99.2.1'))
    const { attachments } = await attacher.heal('vol-1')
    expect(attachments[0]?.paths).toMatchObject([{ action: 'already' }, { action: 'already' }])
    await attacher.detach('vol-1')
    expect(controllers(host)).toEqual(['nvme1'])
  })
})
