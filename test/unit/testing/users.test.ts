import { expect, test } from 'vitest'

import { FakeHost, type Mount } from '../../../lib/testing/index.js'
import { loggedIn, PORTAL, scan, signal, stage, tell } from './stage.js'

async function withDisk(): Promise<FakeHost> {
  const host = stage({ unseenProcesses: 2 })
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  return host
}
const unmounting = (mount: Mount) => () => mount.unmount()
const closing = (opener: { close(): void }) => () => opener.close()
const hold = (host: FakeHost) => host.kernel.hold('/dev/sda', signal)

test('a hold keeps out another, and is kept out by mounts in any namespace, swap, stacked devices and exclusive openers', async () => {
  const host = await withDisk()
  const held = await hold(host)
  expect(await hold(host)).toBe('busy')
  if (typeof held === 'object') await held.release()
  const users: (() => () => void)[] = [
    () => unmounting(host.users.mount('/dev/sda')),
    () => unmounting(host.users.mount('/dev/sda', { otherNamespace: true })),
    () => host.users.swapOn('/dev/sda'),
    () => host.users.stack('/dev/sda', 'dm-0'),
    () => closing(host.users.open('/dev/sda', { exclusive: true })),
  ]
  for (const use of users) {
    const stop = use()
    expect(await hold(host)).toBe('busy')
    stop()
    const again = await hold(host)
    expect(typeof again).toBe('object')
    if (typeof again === 'object') await again.release()
  }
  expect(host.users.holds).toEqual([])
})

test('who opens without O_EXCL is seen by its descriptors alone', async () => {
  const host = await withDisk()
  const opener = host.users.open('/dev/sda')
  const held = await hold(host)
  if (typeof held === 'object') await held.release()
  expect(held).not.toBe('busy')
  expect(await host.kernel.openers(['8:0', '8:16'], signal)).toEqual({ openers: [{ pid: opener.pid, device: '8:0' }], unseen: 2 })
  expect(await host.files.read(`/proc/${opener.pid}/comm`)).toBe('qemu-system-x86')
  opener.close()
  expect((await host.kernel.openers(['8:0'], signal)).openers).toEqual([])
  expect(await host.files.read(`/proc/${opener.pid}/comm`)).toBeUndefined()
})

test('a hold is a helper process that has the device open; so is a flush while it lasts; only other processes see them', async () => {
  const host = await withDisk()
  const other = host.process()
  const openers = async () => {
    expect((await host.kernel.openers(['8:0'], signal)).openers).toEqual([])
    const { openers: found } = await other.kernel.openers(['8:0'], signal)
    return await Promise.all(found.map(({ pid }) => host.files.read(`/proc/${pid}/comm`)))
  }
  const held = await hold(host)
  expect(await openers()).toEqual(['brickwork-helpe'])
  if (typeof held === 'object') await held.release()
  host.storage.portal(PORTAL, 'drop')
  const flushed = host.kernel.flush('/dev/sda', signal)
  expect(await openers()).toEqual(['brickwork-helpe'])
  host.storage.portal(PORTAL, 'open')
  await flushed
  expect(await openers()).toEqual([])
})

test('a disk that is gone keeps its name and number for as long as somebody has it open', async () => {
  const host = await withDisk()
  const opener = host.users.open('/dev/sda')
  await tell(host, 'delete')
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  expect(host.names('/sys/block')).toEqual(['sdb'])
  expect((await host.kernel.openers(['8:16'], signal)).openers).toEqual([])
  opener.close()
  await scan(host, '0 0 2')
  await host.clock.advance(100)
  expect(host.names('/sys/block')).toEqual(['sda', 'sdb'])
})

test('a mount is in the mountinfo of its own namespace', async () => {
  const host = await withDisk()
  const here = host.users.mount('/dev/sda', { mountPoint: '/mnt/here' })
  const there = host.users.mount('/dev/sda', { mountPoint: '/mnt/there', otherNamespace: true })
  expect(await host.files.read('/proc/1/mountinfo')).toMatch(/^\d+ 22 8:0 \/ \/mnt\/here rw,relatime shared:\d+ - ext4 \/dev\/sda rw$/m)
  expect(await host.files.read('/proc/1/mountinfo')).not.toContain('/mnt/there')
  expect(await host.files.read(`/proc/${there.pid ?? 0}/mountinfo`)).toContain('/mnt/there')
  const namespaces = ['1', String(there.pid)].map((pid) => host.files.readLink(`/proc/${pid}/ns/mnt`))
  expect(new Set(await Promise.all(namespaces)).size).toBe(2)
  here.unmount()
  there.unmount()
  expect(await host.files.read('/proc/1/mountinfo')).not.toContain('8:0')
})

test('swap is in /proc/swaps, a stacked device in holders and slaves', async () => {
  const host = await withDisk()
  const end = host.users.swapOn('/dev/sda')
  expect(await host.files.read('/proc/swaps')).toMatch(/^\/dev\/sda +partition/m)
  end()
  host.users.stack('/dev/sda', 'dm-0', 'vg-data')
  expect(host.names('/sys/block/sda/holders')).toEqual(['dm-0'])
  expect(host.names('/sys/block/dm-0/slaves')).toEqual(['sda'])
  expect(await host.files.read('/sys/block/sda/holders/dm-0/dm/name')).toBe('vg-data')
})

test('only a file system can be mounted', async () => {
  const host = await withDisk()
  await scan(host, '0 0 2')
  await host.clock.advance(100)
  expect(() => host.users.mount('/dev/sdb')).toThrow(/no file system/)
  expect(() => host.users.open('/dev/sdz')).toThrow(/no block device/)
})

test('a disk of the machine itself is there on every boot', async () => {
  const host = new FakeHost()
  host.storage.volume('local', { sizeMb: 1, content: 'ext4' })
  host.localDisk('vdb', 'local')
  for (const boot of ['first', 'second']) {
    const each = boot === 'first' ? host : host.reboot()
    expect(each.text('/sys/block/vdb/size')).toBe('2048')
    expect(await each.files.stat('/dev/vdb')).toMatchObject({ type: 'block', device: '254:16' })
    expect((await each.kernel.readDirect('/dev/vdb', 1080, 2, signal)).join()).toBe('83,239')
  }
})
