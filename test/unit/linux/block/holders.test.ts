import { describe, expect, test } from 'vitest'

import { type BlockDevice, readBlockDevice } from '../../../../lib/linux/block/device.js'
import { exclusiveHolders, silentHolders } from '../../../../lib/linux/block/holders.js'
import type { FakeHost, FakeHostOptions } from '../../../../lib/testing/index.js'
import { forever, withDisk } from '../machine.js'

async function machine(options: FakeHostOptions = {}): Promise<{ host: FakeHost; disk: BlockDevice; directory: string }> {
  const { host, session } = await withDisk(options)
  const disk = (await readBlockDevice(host, 'sda', forever)) ?? expect.unreachable('there is a disk')
  return { host, disk, directory: `${session}/target0:0:0/0:0:0:1/block/sda` }
}
const partition: BlockDevice['partitions'][number] = { name: 'sda2', device: '8:2', holders: [] }

/** Makes the links of all processes unreadable: access is denied, or the processes have ended. */
async function hideNamespaces(host: FakeHost): Promise<void> {
  const proc = await host.kernel.readTree({ root: '/proc', node: { children: [{ pattern: '*', node: {} }] } }, forever)
  host.faults.plant({ on: 'kernel.readTree', matching: '/proc', does: { answer: proc } })
}

describe('who keeps a device from being opened exclusively', () => {
  test('is nobody on an idle device', async () => {
    const { host, disk } = await machine()
    expect(await exclusiveHolders(host, disk, forever)).toEqual({ holders: [], unseen: [] })
    host.verify()
  })
  test('is a mount, named by its place and by a process that sees it', async () => {
    const { host, disk } = await machine()
    host.users.mount('/dev/sda', { mountPoint: '/mnt/data' })
    expect(await exclusiveHolders(host, disk, forever)).toEqual({
      holders: [{ kind: 'mount', where: '/mnt/data', pid: 1, command: 'systemd' }],
      unseen: [],
    })
  })
  test('is a mount in another mount namespace', async () => {
    const { host, disk } = await machine()
    const { pid } = host.users.mount('/dev/sda', { mountPoint: '/data', otherNamespace: true })
    expect(await exclusiveHolders(host, disk, forever)).toEqual({
      holders: [{ kind: 'mount', where: '/data', pid, command: 'sleep' }],
      unseen: [],
    })
  })
  test('is a mount once, however many processes are in its namespace', async () => {
    const { host, disk } = await machine()
    host.users.mount('/dev/sda')
    host.users.open('/dev/sda', { command: 'one' })
    host.users.open('/dev/sda', { command: 'two' })
    expect((await exclusiveHolders(host, disk, forever)).holders).toHaveLength(1)
  })
  test('is a swap area', async () => {
    const { host, disk } = await machine()
    host.users.swapOn('/dev/sda')
    expect(await exclusiveHolders(host, disk, forever)).toMatchObject({ holders: [{ kind: 'swap', where: '/dev/sda' }] })
    expect(await exclusiveHolders(host, { ...disk, name: 'sd', device: '8:32' }, forever)).toEqual({ holders: [], unseen: [] })
  })
  test('is a device that is built on it', async () => {
    const { host } = await machine()
    host.users.stack('/dev/sda', 'dm-0')
    const disk = (await readBlockDevice(host, 'sda', forever)) ?? expect.unreachable('there is a disk')
    expect(await exclusiveHolders(host, disk, forever)).toMatchObject({ holders: [{ kind: 'device', where: '/dev/dm-0' }] })
  })
  test('is whoever uses a partition of it', async () => {
    const { host, disk } = await machine()
    host.put('/proc/1/mountinfo', '36 35 8:2 / /mnt/part rw - ext4 /dev/sda2 rw\n')
    host.put('/proc/swaps', 'Filename\tType\n/dev/sda2   partition 1 0 -2\n')
    const { holders } = await exclusiveHolders(host, { ...disk, partitions: [{ ...partition, holders: ['dm-7'] }] }, forever)
    expect(holders.map(({ kind, where }) => [kind, where])).toEqual([
      ['device', '/dev/dm-7'],
      ['swap', '/dev/sda2'],
      ['mount', '/mnt/part'],
    ])
  })
  test('may be where it could not be looked, which is said and counted', async () => {
    const { host, disk } = await machine()
    host.users.mount('/dev/sda', { otherNamespace: true })
    await hideNamespaces(host)
    host.faults.plant({ on: 'files.readLink', matching: '/ns/mnt', times: 4, does: { fail: 'EACCES' } })
    expect(await exclusiveHolders(host, disk, forever)).toEqual({
      holders: [],
      // The mounts of the first process are readable all the same.
      unseen: ['mount namespaces of 3 processes (no permission)'],
    })
    host.verify()
  })
  test('may be in a namespace whose mounts nobody lets us see, which is said too', async () => {
    const { host, disk } = await machine()
    const { pid } = host.users.mount('/dev/sda', { otherNamespace: true })
    host.faults.plant({ on: 'files.read', matching: `/proc/${String(pid)}/mountinfo`, does: { fail: 'EACCES' } })
    expect(await exclusiveHolders(host, disk, forever)).toEqual({
      holders: [],
      unseen: ['mount namespace of 1 process (no permission)'],
    })
    host.verify()
  })
  test('is found through another process of the namespace when the first may not be looked into', async () => {
    const { host, disk } = await machine()
    host.users.mount('/dev/sda')
    host.faults.plant({ on: 'files.read', matching: '/mountinfo', does: { fail: 'EACCES' } })
    expect(await exclusiveHolders(host, disk, forever)).toMatchObject({ holders: [{ kind: 'mount', where: '/mnt/sda' }], unseen: [] })
    host.verify()
  })
  test.each(['ESRCH', 'EINVAL'])('is not missed when a process ends while it is looked at (%s)', async (errno) => {
    const { host, disk } = await machine()
    host.users.mount('/dev/sda')
    host.faults.plant({ on: 'files.read', matching: '/mountinfo', does: { fail: errno } })
    await hideNamespaces(host)
    host.faults.plant({ on: 'files.readLink', matching: '/ns/mnt', does: { fail: errno } })
    host.users.open('/dev/sda')
    expect((await exclusiveHolders(host, disk, forever)).holders).toHaveLength(1)
    host.verify()
  })
  test('is looked for once for all who ask at the same time, and by nobody any longer than he likes', async () => {
    const { host, disk } = await machine()
    const looks = () => host.trace.filter(({ call, subject }) => call === 'kernel.readTree' && subject === '/proc').length
    await Promise.all(Array.from({ length: 10 }, () => exclusiveHolders(host, disk, forever)))
    expect(looks()).toBeLessThanOrEqual(2)
    host.faults.plant({ on: 'kernel.readTree', matching: '/proc', does: { hang: 'before' } })
    const controller = new AbortController()
    const asked = exclusiveHolders(host, disk, controller.signal)
    controller.abort(new Error('no time is left'))
    await expect(asked).rejects.toThrow('no time is left')
  })
  test('is not guessed when the machine fails', async () => {
    const { host, disk } = await machine()
    host.faults.plant({ on: 'files.read', matching: '/mountinfo', does: { fail: 'EIO' } })
    await expect(exclusiveHolders(host, disk, forever)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'EIO' } })
  })
})

describe('who has a device open without saying so', () => {
  test('is nobody on an idle device, nor on one that is only mounted', async () => {
    const { host, disk } = await machine()
    host.users.mount('/dev/sda')
    expect(await silentHolders(host, disk, forever)).toEqual({ holders: [], unseen: [] })
  })
  test('is a process, by number and name', async () => {
    const { host, disk } = await machine()
    const { pid } = host.users.open('/dev/sda', { command: 'qemu-system-x86' })
    expect(await silentHolders(host, disk, forever)).toEqual({
      holders: [{ kind: 'process', pid, command: 'qemu-system-x86' }],
      unseen: [],
    })
  })
  test('is no process that has ended since', async () => {
    const { host, disk } = await machine()
    const { pid } = host.users.open('/dev/sda')
    host.take(`/proc/${pid}/comm`)
    expect((await silentHolders(host, disk, forever)).holders).toEqual([])
  })
  test('is asked for partitions too', async () => {
    const { host, disk } = await machine()
    await silentHolders(host, { ...disk, partitions: [partition] }, forever)
    expect(host.trace.filter(({ call }) => call === 'kernel.openers').map(({ subject }) => subject)).toEqual(['8:0 8:2 c21:0 c248:0'])
  })
  test.each([
    ['/dev/sda', '1', 1],
    ['/dev/sda2', '1', 1],
    ['/dev/sda', '0', 0],
    ['/dev/sdb', '1', 0],
  ])('is an NVMe target that exports %s (enable %s): %d', async (path, enable, found) => {
    const { host, disk } = await machine()
    const namespace = '/sys/kernel/config/nvmet/subsystems/nqn.2014-08.org.example:s/namespaces/3'
    host.put(`${namespace}/device_path`, `${path}\n`)
    host.put(`${namespace}/enable`, `${enable}\n`)
    const { holders } = await silentHolders(host, { ...disk, partitions: [partition] }, forever)
    expect(holders).toEqual(Array(found).fill({ kind: 'export', where: 'nvmet nqn.2014-08.org.example:s namespace 3' }))
  })
  test.each([
    ['/dev/sda', 1],
    ['/dev/sda2', 1],
    ['/var/lib/images/sda', 0],
  ])('is a loop device over %s: %d', async (file, found) => {
    const { host, disk } = await machine()
    host.put('/sys/devices/virtual/block/loop0/loop/backing_file', `${file}\n`)
    host.putLink('/sys/block/loop0', '../devices/virtual/block/loop0')
    host.putDirectory('/sys/devices/virtual/block/loop1')
    host.putLink('/sys/block/loop1', '../devices/virtual/block/loop1')
    const { holders } = await silentHolders(host, { ...disk, partitions: [partition] }, forever)
    expect(holders).toEqual(Array(found).fill({ kind: 'export', where: '/dev/loop0' }))
  })
  test('may be a process that could not be looked into, which is said and counted', async () => {
    const { host, disk } = await machine({ unseenProcesses: 3 })
    expect(await silentHolders(host, disk, forever)).toEqual({ holders: [], unseen: ['open files of 3 processes (no permission)'] })
  })
  test('is not waited for beyond the end of the work when the look at the exports hangs', async () => {
    const { host, disk } = await machine()
    const hanging = host.faults.plant({ on: 'kernel.readTree', matching: '/sys', does: { hang: 'before' } })
    const controller = new AbortController()
    const looking = silentHolders(host, disk, controller.signal)
    await hanging.reached
    controller.abort('enough')
    await expect(looking).rejects.toBe('enough')
  })
})
