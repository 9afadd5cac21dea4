import { describe, expect, test } from 'vitest'

import { onlyProbers, usersOf, openExclusively } from '../../../lib/operation/device-users.js'
import { type BlockDevice, readBlockDevice } from '../../../lib/linux/block/device.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { forever, withDisk } from '../linux/machine.js'
import { operationOn, type Worked } from './entries.js'

async function machine(force = false): Promise<Worked & { host: FakeHost; disk: BlockDevice }> {
  const { host } = await withDisk()
  const disk = (await readBlockDevice(host, 'sda', forever)) ?? expect.unreachable('there is a disk')
  return { host, disk, ...(await operationOn(host, { force })) }
}

describe('an idle device', () => {
  test('is kept for ourselves until it is released', async () => {
    const { host, disk, operation, deadline } = await machine()
    const { hold, overridden } = await openExclusively(operation, disk)
    expect(overridden).toEqual([])
    expect(host.users.holds).toEqual(['sda'])
    await hold?.release()
    expect(host.users.holds).toEqual([])
    deadline[Symbol.dispose]()
    expect(host.clock.sleeping).toBe(0)
  })
  test('that has gone needs no holding', async () => {
    const { host, disk, operation } = await machine()
    host.take('/dev/sda')
    expect(await openExclusively(operation, disk)).toEqual({ hold: undefined, overridden: [] })
  })
  test('is held although some processes could not be looked into, which is said', async () => {
    const { host } = await withDisk({ unseenProcesses: 2 })
    const disk = (await readBlockDevice(host, 'sda', forever)) ?? expect.unreachable('there is a disk')
    const { operation, events } = await operationOn(host)
    expect((await openExclusively(operation, disk)).hold).toBeDefined()
    expect(events).toMatchObject([
      { type: 'note', message: 'could not check open files of 2 processes (no permission) for users', fields: { device: 'sda' } },
    ])
  })
})

describe('a device in use is refused with ERR_HELD', () => {
  test.each<[string, (host: FakeHost) => void, object, string]>([
    [
      'mounted',
      (host) => void host.users.mount('/dev/sda', { mountPoint: '/mnt/a' }),
      { kind: 'mount', where: '/mnt/a' },
      'mounted on /mnt/a, seen by process 1 (systemd)',
    ],
    ['as swap', (host) => void host.users.swapOn('/dev/sda'), { kind: 'swap', where: '/dev/sda' }, 'used as swap'],
    [
      'by LVM',
      (host) => void host.users.stack('/dev/sda', 'dm-0'),
      { kind: 'device', where: '/dev/dm-0', name: 'vg/volume' },
      '/dev/dm-0 (vg/volume) is built on it',
    ],
  ])('at once when it is used %s', async (_, use, holder, words) => {
    const { host, operation } = await machine()
    use(host)
    const disk = (await readBlockDevice(host, 'sda', forever)) ?? expect.unreachable('there is a disk')
    const from = host.clock.now()
    await expect(openExclusively(operation, disk)).rejects.toMatchObject({
      code: 'ERR_HELD',
      message: expect.stringContaining(words) as unknown,
      details: { device: '/dev/sda', holders: [holder], unseen: [] },
    })
    expect(host.clock.now() - from).toBeLessThan(1000)
    expect(host.users.holds).toEqual([])
  })
  test('at once when something was built on it since it was read, also where only probers were to be expected', async () => {
    const { host, disk, operation } = await machine()
    host.users.stack('/dev/sda', 'dm-0')
    const from = host.clock.now()
    await expect(openExclusively(operation, disk, true)).rejects.toMatchObject({
      details: { holders: [{ kind: 'device', where: '/dev/dm-0' }] },
    })
    expect(host.clock.now() - from).toBe(0)
  })
  test('when a process has it open for longer than those who only look', async () => {
    const { host, disk, operation } = await machine()
    const { pid } = host.users.open('/dev/sda', { command: 'qemu-system-x86' })
    await expect(openExclusively(operation, disk)).rejects.toMatchObject({
      code: 'ERR_HELD',
      message: `/dev/sda is in use: process ${pid} (qemu-system-x86) has it open`,
      details: { holders: [{ kind: 'process', pid, command: 'qemu-system-x86' }] },
    })
    expect(host.users.holds).toEqual([])
  })
  test('when this host exports it', async () => {
    const { host, disk, operation } = await machine()
    host.put('/sys/devices/virtual/block/loop0/loop/backing_file', '/dev/sda\n')
    host.putLink('/sys/block/loop0', '../devices/virtual/block/loop0')
    await expect(openExclusively(operation, disk)).rejects.toMatchObject({
      code: 'ERR_HELD',
      message: '/dev/sda is in use: exported by /dev/loop0',
    })
    expect(host.users.holds).toEqual([])
  })
  test('when somebody who cannot be found has it open exclusively', async () => {
    const { host, disk, operation } = await machine()
    host.users.open('/dev/sda', { exclusive: true })
    await expect(openExclusively(operation, disk)).rejects.toMatchObject({
      code: 'ERR_HELD',
      details: { holders: [{ kind: 'exclusive' }] },
    })
  })
})

describe('who only looks', () => {
  test('is known by name: a process without one may be anybody', () => {
    const [prober, unnamed] = [
      { kind: 'process', pid: 7, command: 'blkid' },
      { kind: 'process', pid: 8 },
    ] as const
    expect([[prober], [unnamed], [prober, unnamed], []].map(onlyProbers)).toEqual([true, false, false, false])
  })
  test.each([false, true])('is waited for (exclusive: %s)', async (exclusive) => {
    const { host, disk, operation } = await machine()
    const { close } = host.users.open('/dev/sda', { command: 'blkid', exclusive })
    const taking = openExclusively(operation, disk)
    await host.clock.advance(400)
    close()
    expect((await taking).hold).toBeDefined()
    expect(host.users.holds).toEqual(['sda'])
  })
  test.each(['multipath', '(udev-worker)', 'lvm'])(
    'is waited for as long as there is time, where it ends by itself: %s',
    async (command) => {
      const { host, disk, operation } = await machine()
      const { close } = host.users.open('/dev/sda', { command })
      const taking = openExclusively(operation, disk)
      await host.clock.advance(5000)
      close()
      expect((await taking).hold).toBeDefined()
    },
  )
  test('is waited for, one after another', async () => {
    const { host, disk, operation } = await machine()
    let last = host.users.open('/dev/sda', { command: 'prober' })
    const taking = openExclusively(operation, disk)
    for (let program = 0; program < 4; program++) {
      await host.clock.advance(1000)
      const next = host.users.open('/dev/sda', { command: 'prober' })
      last.close()
      last = next
    }
    last.close()
    expect((await taking).hold).toBeDefined()
  })
  test('is waited for no longer than a moment beside somebody who may use it', async () => {
    const { host, disk, operation } = await machine()
    host.users.open('/dev/sda', { command: 'multipath' })
    host.users.open('/dev/sda', { command: 'qemu-system-x86' })
    const taking = openExclusively(operation, disk)
    const refused = expect(taking).rejects.toMatchObject({ code: 'ERR_HELD' })
    await host.clock.advance(2000)
    await refused
  })
  test('is not waited for beyond the end of the work', async () => {
    const { host } = await withDisk()
    const disk = (await readBlockDevice(host, 'sda', forever)) ?? expect.unreachable('there is a disk')
    host.users.open('/dev/sda')
    const { operation } = await operationOn(host, { timeoutMs: 1000 })
    await expect(openExclusively(operation, disk)).rejects.toMatchObject({ code: 'ERR_HELD' })
    expect(host.users.holds).toEqual([])
  })
})

describe('seen without opening it', () => {
  test('is whoever would not be waited for, and nobody who only looks', async () => {
    const { host, disk, operation } = await machine()
    expect(await usersOf(operation, disk)).toBeUndefined()
    host.users.open('/dev/sda', { command: '(udev-worker)' })
    expect(await usersOf(operation, disk)).toBeUndefined()
    const { pid } = host.users.open('/dev/sda', { command: 'qemu-system-x86' })
    expect(await usersOf(operation, disk)).toMatchObject({ code: 'ERR_HELD', details: { holders: [{ kind: 'process', pid }] } })
  })
  test('is a mount, whatever process it is seen through', async () => {
    const { host, disk, operation } = await machine()
    host.users.mount('/dev/sda')
    expect(await usersOf(operation, disk)).toMatchObject({ code: 'ERR_HELD', details: { holders: [{ kind: 'mount' }] } })
  })
})

describe('force', () => {
  test('overrides a process, and says whom', async () => {
    const { host, disk, operation } = await machine(true)
    const { pid } = host.users.open('/dev/sda')
    const { hold, overridden } = await openExclusively(operation, disk)
    expect(hold).toBeDefined()
    expect(overridden).toMatchObject([{ kind: 'process', pid }])
  })
  test('does not override a mount', async () => {
    const { host, disk, operation } = await machine(true)
    host.users.mount('/dev/sda')
    await expect(openExclusively(operation, disk)).rejects.toMatchObject({ code: 'ERR_HELD' })
  })
})

test('a device is let go when looking at its openers fails', async () => {
  const { host, disk, operation } = await machine()
  host.faults.plant({ on: 'kernel.openers', does: { fail: 'EIO' } })
  await expect(openExclusively(operation, disk)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  expect(host.users.holds).toEqual([])
})
