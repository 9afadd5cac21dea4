/** 64 devices that don't answer, 32 portals that drop packets and a daemon that never answers: healthy devices wait for none of them. */
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import type { GuardedWrite } from '../../lib/core/host.js'
import { addon, until } from './addon.js'
import { devices, neighbours, openPort, realPorts } from './sick.js'

const SICK = 64
const WELL = 32
const forever = new AbortController().signal
const X = Buffer.from('x')
const write = (directory: string, waits: GuardedWrite['waits']): GuardedWrite => ({
  directory,
  guards: [],
  attribute: 'delete',
  value: '1',
  waits,
})
const lanes = () => addon.stats().lanes

/** Expects that every call ends with the reason of the deadline. */
async function givenUp(calls: readonly Promise<unknown>[], deadline: AbortController): Promise<void> {
  const settled = Promise.allSettled(calls)
  deadline.abort('its deadline')
  expect(new Set((await settled).map((each) => (each.status === 'rejected' ? (each.reason as unknown) : 'an answer')))).toEqual(
    new Set(['its deadline']),
  )
}
/** The kernel may refuse the call, but it must answer. */
const answered = async (call: Promise<unknown>) => await call.catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_KERNEL' }))

test('devices: hold, flush, read, write and scan of 32 well ones wait for no place of 64 suspended ones', async (context) => {
  const { mount, end } = await neighbours(0)
  context.skip(mount === null, 'no file system may be mounted here')
  const { kernel, pool, waited } = realPorts()
  const deadline = new AbortController()
  const { signal } = deadline
  const suspended = devices('sick', SICK)
  const nodes = suspended.map((_, index) => join(mount ?? '', `sick${index}`))
  const sick = [
    ...nodes.slice(0, 24).map((node) => kernel.hold(node, signal)),
    ...nodes.slice(24, 48).map((node) => kernel.flush(node, signal)),
    ...nodes.slice(48).map((node) => kernel.readDirect(node, 0, 4096, signal)),
    ...suspended.map((directory) => kernel.write(write(directory, 'unbounded'), signal)),
    ...suspended.map((directory) => kernel.write(write(directory, 'bounded'), signal)),
  ]
  await until(() => pool.stats().aside === 2 * SICK && lanes().write.busy === SICK, 'all are under way')

  const beside = async () => {
    const before = waited()
    for (const directory of devices('well', WELL)) {
      const hold = await kernel.hold(join(directory, 'delete'), forever)
      await answered(kernel.flush(join(directory, 'delete'), forever))
      await answered(kernel.readDirect(join(directory, 'delete'), 0, 4096, forever))
      expect(await kernel.write(write(directory, 'unbounded'), forever)).toEqual({ outcome: 'written' })
      expect(await kernel.write(write(directory, 'bounded'), forever)).toEqual({ outcome: 'written' })
      if (typeof hold === 'object') await hold.release()
    }
    expect(waited()).toEqual(before)
  }
  await beside()
  await givenUp(sick, deadline)
  expect(pool.stats()).toMatchObject({ stuck: 2 * SICK, queued: 0 })
  expect(lanes().write).toMatchObject({ busy: 0, parked: SICK, queued: 0 })
  await beside()

  await end()
  const others = suspended.map((directory) => openSync(join(directory, 'delete'), constants.O_RDWR | constants.O_NONBLOCK))
  await until(() => pool.stats().busy === 0 && lanes().write.parked === 0, 'the kernel let go')
  for (const fd of others) closeSync(fd)
})

test('sockets: 32 portals and a daemon that answer wait for no place of 32 that drop and a daemon that is mute', async () => {
  const { ports, mute, answers } = await neighbours(WELL)
  const { kernel, waited } = realPorts()
  const port = await openPort()
  const deadline = new AbortController()
  const { signal } = deadline
  const ask = (socket: string, reply: 'eof' | 'framed', by: AbortSignal) => kernel.exchange({ socket, bytes: X, reply }, by)
  const before = waited()
  const sick = [
    ...ports.map((silent) => kernel.connect('127.0.0.1', silent, signal)),
    ...Array.from({ length: SICK }, () => ask(mute, 'framed', signal)),
    ...Array.from({ length: SICK }, () => ask(mute, 'eof', signal)),
  ]
  await until(() => lanes().socket.busy === WELL + SICK + 1, 'all are under way, and one question of many')
  for (const outcome of await Promise.all(ports.map(() => kernel.connect('127.0.0.1', port, forever)))) {
    expect(outcome).toEqual({ outcome: 'connected' })
  }
  for (const answer of await Promise.all(ports.map(() => ask(answers, 'framed', forever))))
    expect(Buffer.from(answer).toString()).toBe('yes')
  expect(waited()).toEqual(before)
  await givenUp(sick, deadline)
  await until(() => lanes().socket.busy === 0, 'their sockets are closed')
})
