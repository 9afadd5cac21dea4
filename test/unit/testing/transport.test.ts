import { expect, test } from 'vitest'

import type { FakeHost } from '../../../lib/testing/index.js'
import { device, IQN, iscsiadm, loggedIn, PORTAL, scan, signal, stage, state, tell, took } from './stage.js'

/** replacement_timeout is 7 s. */
async function withDisk(): Promise<FakeHost> {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  return host
}
const disk = (host: FakeHost) => host.text(`${device()}/state`)
const ready = (host: FakeHost) => host.kernel.scsi({ device: '/dev/sg0', cdb: new Uint8Array(6), length: 0, timeoutMs: 2000 }, signal)

test('silence is noticed after 10 s, I/O fails replacement_timeout later, and no uevent tells', async () => {
  const host = await withDisk()
  const events = host.trace.filter(({ pid }) => pid === 0).length
  host.storage.portal(PORTAL, 'drop')
  await host.clock.advance(9_900)
  expect([state(host), disk(host)]).toEqual(['LOGGED_IN', 'running'])
  await host.clock.advance(200)
  expect([state(host), disk(host)]).toEqual(['FAILED', 'blocked'])
  await host.clock.advance(6_800)
  expect(disk(host)).toBe('blocked')
  await host.clock.advance(300)
  expect([state(host), disk(host)]).toEqual(['FAILED', 'transport-offline'])
  expect(host.trace.filter(({ pid }) => pid === 0)).toHaveLength(events)
})

test.each([
  ['refused', 5_000, (host: FakeHost) => host.storage.portal(PORTAL, 'refuse')],
  ['taken away', 10, (host: FakeHost) => host.storage.iscsi.removeTarget(IQN)],
] as const)('a target that is %s is noticed sooner', async (_, ms, spoil) => {
  const host = await withDisk()
  spoil(host)
  await host.clock.advance(ms + 1)
  expect(state(host)).toBe('FAILED')
})

test('a portal that becomes mute does not touch sessions that exist', async () => {
  const host = await withDisk()
  host.storage.portal(PORTAL, 'mute')
  await host.clock.advance(60_000)
  expect([state(host), (await ready(host)).status]).toEqual(['LOGGED_IN', 0])
})

test('when the way is open again the session comes back after 3 s, with its disks', async () => {
  const host = await withDisk()
  host.storage.portal(PORTAL, 'drop')
  await host.clock.advance(20_000)
  expect(disk(host)).toBe('transport-offline')
  host.storage.portal(PORTAL, 'open')
  await host.clock.advance(3_100)
  expect([state(host), disk(host)]).toEqual(['LOGGED_IN', 'running'])
})

test('a command to a silent target costs its time-out; to one that was given up nothing', async () => {
  const host = await withDisk()
  host.storage.portal(PORTAL, 'drop')
  const ms = await took(host, () => expect(ready(host)).rejects.toMatchObject({ details: { errno: 'ETIMEDOUT' } }))
  expect(ms).toBe(2501)
  await host.clock.advance(30_000)
  expect(await ready(host)).toMatchObject({ status: 0, hostStatus: 1 })
})

test('I/O waits as long as the transport may come back', async () => {
  const host = await withDisk()
  host.storage.portal(PORTAL, 'drop')
  const failing = expect(host.kernel.flush('/dev/sda', signal)).rejects.toMatchObject({ details: { errno: 'EIO' } })
  expect(await took(host, () => failing)).toBe(17_000)
  host.storage.portal(PORTAL, 'open')
  await host.clock.advance(5_000)
  await host.kernel.flush('/dev/sda', signal)
  host.storage.portal(PORTAL, 'drop')
  const coming = took(host, () => host.kernel.flush('/dev/sda', signal))
  await host.clock.advance(12_000)
  host.storage.portal(PORTAL, 'open')
  expect(await coming).toBe(15_000)
})

test('delete waits for the cache of a running disk, and does not for a blocked one', async () => {
  const host = await withDisk()
  host.storage.portal(PORTAL, 'drop')
  expect(await took(host, () => tell(host, 'delete'))).toBeGreaterThan(9_000)
  host.storage.portal(PORTAL, 'open')
  await host.clock.advance(5_000)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  host.storage.portal(PORTAL, 'drop')
  await host.clock.advance(11_000)
  expect(disk(host)).toBe('blocked')
  expect(await took(host, () => tell(host, 'delete'))).toBe(5)
})

test('a logout works without the target', async () => {
  const host = await withDisk()
  host.storage.iscsi.removeTarget(IQN)
  await host.clock.advance(100)
  expect((await iscsiadm(host, '-m session -u')).exitCode).toBe(0)
})

test('without iscsid nothing comes back', async () => {
  const host = await withDisk()
  host.storage.portal(PORTAL, 'drop')
  await host.clock.advance(11_000)
  host.iscsid.stop()
  host.storage.portal(PORTAL, 'open')
  await host.clock.advance(60_000)
  expect(state(host)).toBe('FAILED')
})

test('a TCP handshake: open, mute, refused, dropped, no such address', async () => {
  const host = stage()
  const connect = (address: string, port = 3260) => host.kernel.connect(address, port, signal)
  expect(await connect('10.99.1.1')).toEqual({ outcome: 'connected' })
  expect(await connect('10.99.1.1', 3261)).toEqual({ outcome: 'failed', error: 'ECONNREFUSED' })
  host.storage.portal(PORTAL, 'mute')
  expect(await connect('10.99.1.1')).toEqual({ outcome: 'connected' })
  host.storage.portal(PORTAL, 'drop')
  expect(await took(host, async () => expect(await connect('10.99.1.1')).toEqual({ outcome: 'failed', error: 'ETIMEDOUT' }))).toBe(127_000)
  expect(await took(host, async () => expect(await connect('10.99.7.7')).toEqual({ outcome: 'failed', error: 'EHOSTUNREACH' }))).toBe(3_000)
})
