/** `uevents()`: the events that a program receives from the kernel and from udev. */
import { expect, test } from 'vitest'

import { type Host, type Uevent, type UeventBatch, uevents } from '../../lib/index.js'
import { FakeClock, FakeHost } from '../../lib/testing/index.js'
import { logIn } from './linux/machine.js'

const said = ({ value, done }: IteratorResult<UeventBatch, undefined>) =>
  done === true
    ? 'end'
    : { events: value.events.map(({ source, action, devpath }) => `${source} ${action} ${devpath}`), missed: value.missed }

/** A host whose events come from the test. */
function machine() {
  const readers = new Set<(batch: UeventBatch) => void>()
  const listen = (reader: (batch: UeventBatch) => void) => {
    readers.add(reader)
    return Promise.resolve({ [Symbol.dispose]: () => void readers.delete(reader) })
  }
  const host = { events: { listen }, clock: new FakeClock() } as unknown as Host
  let seqnum = 0
  const say = (missed: boolean, ...events: readonly (readonly [Uevent['source'], string, string, string])[]) => {
    for (const reader of readers)
      reader({
        missed,
        events: events.map(([source, action, devpath, subsystem]) => {
          return { source, action, devpath, subsystem, seqnum: ++seqnum, properties: new Map() }
        }),
      })
  }
  return { host, readers, say }
}

test('what comes while nobody waits comes as one batch, later ones by themselves', async () => {
  const { host, say } = machine()
  const stream = await uevents({ host })
  say(false, ['kernel', 'add', '/devices/a', 'block'])
  say(false, ['kernel', 'remove', '/devices/b', 'scsi'])
  expect(said(await stream.next())).toEqual({ events: ['kernel add /devices/a', 'kernel remove /devices/b'], missed: false })
  const next = stream.next()
  say(false, ['kernel', 'change', '/devices/c', 'block'])
  expect(said(await next)).toEqual({ events: ['kernel change /devices/c'], missed: false })
  await stream.return()
})

test('only the wanted subsystems and sources come; an overrun comes to everybody', async () => {
  const { host, say } = machine()
  const [block, udev] = [await uevents({ host, subsystems: ['block'], sources: ['kernel'] }), await uevents({ host, sources: ['udev'] })]
  say(false, ['kernel', 'add', '/devices/a', 'net'], ['kernel', 'add', '/devices/b', 'block'])
  say(false, ['udev', 'add', '/devices/a', 'net'])
  say(false, ['udev', 'add', '/devices/b', 'block'])
  expect(said(await block.next())).toEqual({ events: ['kernel add /devices/b'], missed: false })
  expect(said(await udev.next())).toEqual({ events: ['udev add /devices/a', 'udev add /devices/b'], missed: false })
  say(true)
  expect(said(await block.next())).toEqual({ events: [], missed: true })
  expect(said(await udev.next())).toEqual({ events: [], missed: true })
  for (const stream of [block, udev]) await stream.return()
})

test('who does not read loses the oldest, and is told so', async () => {
  const { host, say } = machine()
  const stream = await uevents({ host, sources: ['kernel'] })
  for (let i = 0; i < 20_001; i++) say(false, ['kernel', 'change', `/devices/${i}`, 'block'])
  const { value } = await stream.next()
  expect([value?.events.length, value?.events[0]?.devpath, value?.missed, value?.dropped]).toEqual([20_000, '/devices/1', true, 1])
  say(false, ['kernel', 'change', '/devices/last', 'block'])
  expect((await stream.next()).value).toMatchObject({ missed: false, dropped: 0 })
  expect(stream.missed).toBe(1)
  await stream.return()
})

test('ends with its signal, with break, and with return(), and hears nothing then', async () => {
  const { host, readers, say } = machine()
  const stop = new AbortController()
  const stream = await uevents({ host, signal: stop.signal })
  const waiting = stream.next()
  stop.abort()
  expect(said(await waiting)).toBe('end')
  say(false, ['kernel', 'add', '/devices/a', 'block'])
  expect(said(await stream.next())).toBe('end')
  await expect(uevents({ host, signal: stop.signal })).rejects.toBe(stop.signal.reason)
  const broken = await uevents({ host })
  say(false, ['kernel', 'add', '/devices/a', 'block'])
  for await (const { events } of broken) {
    expect(events.length).toBe(1)
    break
  }
  expect(said(await broken.next())).toBe('end')
  expect(readers.size).toBe(0)
})

test('without the native part there is nothing to hear', async () => {
  await expect(uevents({ host: new FakeHost({ addon: false }) })).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' })
})

test('over FakeHost the kernel speaks, and udev after it', async () => {
  const host = new FakeHost()
  host.storage.volume('one')
  const stream = await uevents({ host, subsystems: ['block'] })
  const { session } = await logIn(host, { 1: 'one' })
  const { value } = await stream.next()
  const devpath = `${session.replace('/sys', '')}/target0:0:0/0:0:0:1/block/sda`
  expect(value?.events.map(({ source, action, devpath: path }) => [source, action, path])).toEqual([
    ['kernel', 'add', devpath],
    ['udev', 'add', devpath],
  ])
  await stream.return()
})
