/** Controllers that hang, numbers that change, and what the topology says of it. */
import { expect, test } from 'vitest'

import { attached, attacherOn, controllers, foreign, leftovers, machine, NQN, PORTALS, requestOf } from './world.js'

const deleting = (name: string) =>
  ({ directory: `/sys/class/nvme/${name}`, guards: [], attribute: 'delete_controller', value: '1', waits: 'unbounded' }) as const
const never = new AbortController().signal

test('the topology says which attachments use a controller, and nothing of a foreign one', async () => {
  const { host, attacher } = await attached()
  host.storage.nvme.subsystem({ nqn: 'nqn.x', portals: ['10.99.3.1:4420'], namespaces: { 1: 'other' } })
  await foreign(host, 'transport=tcp,traddr=10.99.3.1,trsvcid=4420,nqn=nqn.x,hostnqn=nqn.other,hostid=22222222-2222-4333-8444-555555555555')
  const { controllers: all, devices, subsystems } = await attacher.enumerate()
  const use = [{ id: 'vol-1', owner: 'default', state: 'attached' }]
  expect(all.map(({ name, attachments }) => [name, attachments])).toEqual([
    ['nvme0', use],
    ['nvme1', use],
    ['nvme2', undefined],
  ])
  expect(subsystems.map(({ nqn }) => nqn)).toEqual([NQN, 'nqn.x'])
  const ours = devices.find(({ name }) => name === 'nvme0n1')
  expect(ours).toMatchObject({ attachments: use, paths: [{ controller: 'nvme0' }, { controller: 'nvme1' }] })
})

test('a volume that is back under other numbers is the same volume', async () => {
  const { host, attacher } = await attached()
  for (const name of ['nvme0', 'nvme1']) await host.process().kernel.write(deleting(name), never)
  host.storage.nvme.subsystem({ nqn: 'nqn.x', portals: ['10.99.3.1:4420'], namespaces: { 1: 'other' } })
  const other = 'hostnqn=nqn.other,hostid=22222222-2222-4333-8444-555555555555'
  expect(await foreign(host, `transport=tcp,traddr=10.99.3.1,trsvcid=4420,nqn=nqn.x,${other}`)).toBe('nvme0')
  const again = await attacher.attach(requestOf())
  expect(again).toMatchObject({ device: '/dev/nvme1n1', degraded: false })
  expect(host.volumesBehind(again.device)).toEqual(['data'])
  expect(await attacher.inspect('vol-1')).toMatchObject({ attachment: { device: '/dev/nvme1n1' } })
  expect(await attacher.resize('vol-1')).toMatchObject({ device: '/dev/nvme1n1' })
  await attacher.detach('vol-1')
  expect(controllers(host)).toEqual(['nvme0'])
})

test('a controller that the kernel does not delete in time is reported, and a recovery deletes it', async () => {
  const { host, attacher } = await attached({}, { portals: [PORTALS[0]] })
  const held = host.faults.plant({ on: 'kernel.write', matching: 'delete_controller', does: { hang: 'before' } })
  const detaching = attacher.detach('vol-1', { timeoutMs: 3000 })
  const from = host.clock.now()
  await expect(detaching).rejects.toMatchObject({ sideEffects: expect.stringMatching(/left|pending/) as string })
  expect(host.clock.now() - from).toBeLessThan(3600)
  held.release()
  await host.clock.advance(1000)
  await attacher.recover()
  expect(leftovers(host)).toEqual([])
})

test('a controller that falls silent during the verification delays the answer to the deadline at most', async () => {
  const host = machine()
  await foreign(host, `transport=tcp,traddr=10.99.1.1,trsvcid=4420,nqn=${NQN},${await pairOf(host)}`)
  const attacher = await attacherOn(host)
  host.storage.nvme.greetOnly(PORTALS[0])
  const from = host.clock.now()
  await expect(attacher.attach(requestOf('vol-1', { portals: [PORTALS[0]] }), { timeoutMs: 4000 })).rejects.toMatchObject({
    sideEffects: expect.stringMatching(/none|undone/) as string,
  })
  expect(host.clock.now() - from).toBeLessThan(4600)
  expect(controllers(host)).toEqual(['nvme0'])
})
async function pairOf(host: ReturnType<typeof machine>): Promise<string> {
  const { nvme } = await (await attacherOn(host, 'asks')).identity()
  return `hostnqn=${nvme?.hostNqn ?? ''},hostid=${nvme?.hostId ?? ''}`
}
