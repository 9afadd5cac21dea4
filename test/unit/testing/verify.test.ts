import { expect, test } from 'vitest'

import { FakeHost } from '../../../lib/testing/index.js'
import { device, iscsiadm, loggedIn, run, scan, signal, stage, tell } from './stage.js'

/** Even if the code under test swallows the error, the test fails at its end. */
test.each<[string, (host: FakeHost) => Promise<unknown>]>([
  ['a program', (host) => run(host, 'kpartx', '-a', '/dev/sda')],
  ['an option', (host) => iscsiadm(host, '-m node --frobnicate')],
  ['a mode', (host) => iscsiadm(host, '-m fw')],
  ['an operation', (host) => iscsiadm(host, '-m session -r 1 -o new')],
  ['a script', (host) => run(host, 'sh', '-c', 'rm -rf /')],
  ['a write to an attribute', (host) => tell(host, 'queue_depth')],
  ['a write of a file of the kernel', (host) => host.files.replace(`${device()}/state`, 'offline', 0o644)],
  ['a read of a device node', (host) => host.files.read('/dev/sda')],
  ['a daemon', (host) => host.kernel.exchange({ socket: 'some-daemon', bytes: new Uint8Array(8), reply: 'eof' }, signal)],
  ['a SCSI command', (host) => host.kernel.scsi({ device: '/dev/sg0', cdb: Uint8Array.of(0x2a), length: 0, timeoutMs: 1000 }, signal)],
])('%s that no model knows throws, and fails verify()', async (_, unknown) => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  host.verify()
  await expect(unknown(host)).rejects.toThrow()
  expect(host.problems).toHaveLength(1)
  expect(() => host.verify()).toThrow(host.problems[0])
})

test('a record that others could read fails verify()', async () => {
  const host = stage()
  host.put('/etc/iscsi/nodes/iqn.x/10.0.0.1,3260', 'node.name = iqn.x\nnode.conn[0].address = 10.0.0.1\nnode.conn[0].port = 3260\n')
  await iscsiadm(host, '-m node')
  expect(() => host.verify()).toThrow(/mode 644/)
})

test('a planted fault that nothing meets fails verify()', async () => {
  const host = new FakeHost()
  const fault = host.faults.plant({ on: 'files.read', matching: ['/etc', 'hostname'], times: 2, does: { fail: 'EIO' } })
  const failure = { code: 'ERR_KERNEL', details: { errno: 'EIO' } }
  await expect(host.files.read('/etc/hostname')).rejects.toMatchObject(failure)
  await host.files.read('/etc/machine-id')
  expect(() => host.verify()).toThrow(/never met/)
  await expect(host.files.read('/etc/hostname')).rejects.toMatchObject(failure)
  expect(fault.met).toBe(2)
  host.verify()
  expect(await host.files.read('/etc/hostname')).toBe('fake-host')
})

test('EACCES is a permission error', async () => {
  const host = new FakeHost()
  host.faults.plant({ on: 'kernel.readTree', does: { fail: 'EACCES' } })
  await expect(host.kernel.readTree({ root: '/sys/block', node: {} }, signal)).rejects.toMatchObject({ code: 'ERR_PERMISSION' })
})

test('a hanging call goes on when it is released, and is left alone by its caller meanwhile', async () => {
  const host = stage()
  await loggedIn(host)
  const stuck = host.faults.plant({ on: 'kernel.write', matching: 'scan', does: { hang: 'before' } })
  const caller = new AbortController()
  const directory = '/sys/class/scsi_host/host0'
  const scanning = host.kernel.write({ directory, guards: [], attribute: 'scan', value: '0 0 1', waits: 'bounded' }, caller.signal)
  await stuck.reached
  caller.abort('enough')
  await expect(scanning).rejects.toBe('enough')
  await host.clock.advance(1000)
  expect(host.names('/sys/class/scsi_device')).toEqual([])
  stuck.release()
  await host.clock.advance(1000)
  expect(host.names('/sys/class/scsi_device')).toEqual(['0:0:0:1'])
})

test('an answer can be planted, and a delay', async () => {
  const host = new FakeHost()
  host.faults.plant({ on: 'commands.run', matching: 'dmsetup', does: { answer: { exitCode: 1, stdout: '', stderr: 'no' } } })
  host.faults.plant({ on: 'commands.run', matching: 'true', does: { delayMs: 500 } })
  expect(await run(host, 'dmsetup', 'ls')).toEqual({ exitCode: 1, stdout: '', stderr: 'no' })
  await run(host, 'true')
  expect(host.clock.now()).toBe(500)
  host.verify()
})

test('without the addon the kernel, events and locks say so', async () => {
  const host = new FakeHost({ addon: false })
  const missing = { code: 'ERR_NATIVE_UNAVAILABLE' }
  await expect(host.kernel.readTree({ root: '/sys', node: {} }, signal)).rejects.toMatchObject(missing)
  await expect(host.events.watch([])).rejects.toMatchObject(missing)
  await expect(host.locks.take('/run/x', 'y', signal)).rejects.toMatchObject(missing)
  expect(await host.files.read('/etc/hostname')).toBe('fake-host')
})
