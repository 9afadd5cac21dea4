/** Many volumes, several processes and other programs at once. */
import { describe, expect, test } from 'vitest'

import type { FakeHost } from '../../../lib/testing/index.js'
import { namespaceUuid } from '../../../lib/testing/nvme/targets.js'
import { attached, attacherOn, controllers, foreign, leftovers, machine, NQN, PORTALS, requestOf } from './world.js'

const VOLUMES = 16
const nqnOf = (index: number) => `nqn.2014-08.org.example:storm-${index}`
/** A subsystem for each volume, each with both portals. */
function serveStorm(host: FakeHost): void {
  for (let index = 0; index < VOLUMES; index++) {
    host.storage.volume(`storm-${index}`)
    const portals = [`10.99.1.${index + 10}:4420`, `10.99.2.${index + 10}:4420`]
    host.storage.nvme.subsystem({ nqn: nqnOf(index), portals, namespaces: { 1: `storm-${index}` } })
  }
}
const stormRequest = (index: number) =>
  requestOf(`storm-${index}`, {
    nqn: nqnOf(index),
    portals: [`10.99.1.${index + 10}:4420`, `10.99.2.${index + 10}:4420`],
    namespace: { uuid: namespaceUuid(`storm-${index}`) },
  })
const nqnIn = (text: string) => /(?<=[, ]nqn=)[^,]*/.exec(text)?.[0] ?? ''

describe('sixteen volumes at once', () => {
  test('of sixteen subsystems each have a first controller before any has a second', async () => {
    const host = machine()
    serveStorm(host)
    const attacher = await attacherOn(host)
    const all = await Promise.all(Array.from({ length: VOLUMES }, (_, index) => attacher.attach(stormRequest(index))))
    expect(all.map(({ degraded, paths }) => [degraded, paths.length])).toEqual(all.map(() => [false, 2]))
    expect(new Set(all.map(({ device }) => device)).size).toBe(VOLUMES)
    expect(host.nvme.written).toHaveLength(2 * VOLUMES)
    expect(new Set(host.nvme.written.slice(0, VOLUMES).map(nqnIn)).size).toBe(VOLUMES)
    await Promise.all(all.map(({ id }) => attacher.detach(id)))
    await attacher.close()
    expect(leftovers(host)).toEqual([])
    host.verify()
  })
  test('of one subsystem share its controllers, which go with the last one', async () => {
    const host = machine()
    const names = Array.from({ length: VOLUMES }, (_, index) => `shared-${index}`)
    for (const [index, name] of names.entries()) {
      host.storage.volume(name)
      host.storage.nvme.map(NQN, index + 2, name)
    }
    const attacher = await attacherOn(host)
    const all = await Promise.all(names.map((name) => attacher.attach(requestOf(name, { namespace: { uuid: namespaceUuid(name) } }))))
    expect(new Set(all.map(({ device }) => host.volumesBehind(device)[0])).size).toBe(VOLUMES)
    expect([controllers(host), host.nvme.written.length]).toEqual([['nvme0', 'nvme1'], 2])
    await Promise.all(names.slice(1).map((name) => attacher.detach(name)))
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await attacher.detach('shared-0')
    await attacher.close()
    expect(leftovers(host)).toEqual([])
  })
})

describe('two processes', () => {
  test('never write to the kernel at the same time', async () => {
    const host = machine()
    host.storage.nvme.subsystem({ nqn: 'nqn.x', portals: ['10.99.3.1:4420'], namespaces: { 1: 'other' } })
    const held = host.faults.plant({ on: 'kernel.connectFabrics', does: { hang: 'before' } })
    const attaching = (await attacherOn(host)).attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
    await held.reached
    const second = host.process()
    const other = requestOf('vol-2', { nqn: 'nqn.x', portals: ['10.99.3.1:4420'], namespace: { uuid: namespaceUuid('other') } })
    const waiting = (await attacherOn(second, 'other')).attach(other)
    await host.clock.advance(5000)
    expect(host.nvme.written).toEqual([])
    held.release()
    await Promise.all([attaching, waiting])
    expect(host.nvme.written).toHaveLength(2)
  })
  test('of two owners share the controllers, which go with the last one', async () => {
    const { host, attacher } = await attached()
    const other = await attacherOn(host.process(), 'other')
    expect(await other.attach(requestOf('theirs'))).toMatchObject({ device: '/dev/nvme0n1' })
    expect(host.nvme.written).toHaveLength(2)
    const { kept } = await attacher.detach('vol-1')
    expect(kept.map(({ reason }) => reason)).toContain('another attachment uses it')
    expect(controllers(host)).toEqual(['nvme0', 'nvme1'])
    await other.detach('theirs')
    expect(leftovers(host)).toEqual([])
  })
})

test('a controller that another program connects at the same moment is used, and stays', async () => {
  const host = machine()
  const held = host.faults.plant({ on: 'kernel.connectFabrics', does: { hang: 'before' } })
  const attacher = await attacherOn(host)
  const attaching = attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]] }))
  await held.reached
  const { nvme } = await attacher.identity()
  const pair = `hostnqn=${nvme?.hostNqn ?? ''},hostid=${nvme?.hostId ?? ''}`
  expect(await foreign(host, `transport=tcp,traddr=10.99.1.1,trsvcid=4420,nqn=${NQN},${pair}`)).toBe('nvme0')
  held.release()
  expect(await attaching).toMatchObject({ device: '/dev/nvme0n1', paths: [{ nvme: { controller: 'nvme0' } }] })
  await attacher.detach('vol-1')
  expect(controllers(host)).toEqual(['nvme0'])
})

test('a controller that another program is just deleting is gone before the detach returns', async () => {
  const { host, attacher } = await attached({ delays: { logout: 800 } }, { portals: [PORTALS[0]] })
  const request = {
    directory: '/sys/class/nvme/nvme0',
    guards: [],
    attribute: 'delete_controller',
    value: '1',
    waits: 'unbounded',
  } as const
  const deleting = host.process().kernel.write(request, new AbortController().signal)
  await attacher.detach('vol-1')
  expect(controllers(host)).toEqual([])
  await deleting
})
