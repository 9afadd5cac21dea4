import { describe, expect, onTestFinished, test } from 'vitest'

import type { UeventBatch, Watch } from '../../../lib/core/host.js'
import { createEvents } from '../../../lib/host/events.js'
import { keysOf, parseUevent } from '../../../lib/host/uevent.js'
import { eventually, forever, settled } from './temporary-directory.js'

interface EventText {
  readonly source?: 'kernel' | 'udev'
  readonly action?: string
  readonly devpath: string
  readonly subsystem?: string
  readonly seqnum?: number
  readonly more?: Readonly<Record<string, string>>
}
let lastSeqnum = 100
const message = ({ source = 'kernel', action = 'add', devpath, subsystem = 'block', seqnum = ++lastSeqnum, more = {} }: EventText) => {
  const properties = { ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem, SEQNUM: `${seqnum}`, ...more }
  const text = Object.entries(properties).map(([key, value]) => `${key}=${value}\0`)
  return Buffer.concat([Buffer.of(source === 'kernel' ? 1 : 2), Buffer.from(text.join(''))])
}
const disk = '/devices/platform/host4/session3/target4:0:0/4:0:0:1/block/sda'

/** A listener that delivers the events of the test. */
function fakeListener() {
  const listeners = new Map<number, (batch: Buffer[]) => void>()
  const calls: string[] = []
  let failure: Error | undefined
  return {
    calls,
    failWith(error: Error | undefined) {
      failure = error
    },
    say: (...events: readonly (EventText | 'overrun')[]) => {
      for (const onBatch of listeners.values()) onBatch(events.map((event) => (event === 'overrun' ? Buffer.alloc(0) : message(event))))
    },
    async listen(groups: number, netns: string | undefined, onBatch: (batch: Buffer[]) => void): Promise<number> {
      calls.push(`listen ${groups} ${netns ?? '-'}`)
      await Promise.resolve()
      if (failure !== undefined) throw failure
      const handle = calls.length
      listeners.set(handle, onBatch)
      return handle
    },
    unlisten(handle: number) {
      calls.push('unlisten')
      listeners.delete(handle)
    },
  }
}
function setUp(options: { netns?: string; idleMs?: number } = {}) {
  const native = fakeListener()
  const events = createEvents({ addon: () => native, netns: options.netns, idleMs: options.idleMs ?? 10_000 })
  const watch = async (...keys: string[]) => {
    const made = await events.watch(keys)
    onTestFinished(() => made[Symbol.dispose]())
    return made
  }
  return { native, events, watch }
}
/** Whether `next()` has an answer now. */
async function woken(watch: Watch): Promise<boolean> {
  const now = new AbortController()
  const next = watch.next(now.signal).then(
    () => true,
    () => false,
  )
  await settled(1)
  now.abort()
  return await next
}

describe('a uevent', () => {
  test('is read from NUL-separated text', () => {
    const event = parseUevent(message({ devpath: disk, seqnum: 7, more: { DEVNAME: 'sda', EMPTY: '', TEXT: 'a=b' } }))
    expect(event).toMatchObject({ source: 'kernel', action: 'add', devpath: disk, subsystem: 'block', seqnum: 7 })
    expect(event?.properties.get('TEXT')).toBe('a=b')
    expect(event?.properties.get('EMPTY')).toBe('')
    expect(parseUevent(message({ source: 'udev', devpath: disk }))?.source).toBe('udev')
  })
  test('that is none is nothing', () => {
    const noise = [
      '',
      '\x01',
      '\x01ACTION=add',
      '\x03ACTION=add\0DEVPATH=/x\0SEQNUM=1',
      '\x01ACTION=add\0DEVPATH=/x\0SEQNUM=x',
      '\x02=\0==\0',
    ]
    expect(noise.map((text) => parseUevent(Buffer.from(text)))).toEqual(noise.map(() => undefined))
  })
  test('is known by each part of its path, by its subsystem and by the uuid of its map', () => {
    const event = parseUevent(message({ devpath: '/devices/virtual/block/dm-3', more: { DM_NAME: 'mpatha', DM_UUID: 'mpath-36001' } }))
    expect(event && keysOf(event)).toEqual(['devices', 'virtual', 'block', 'dm-3', 'subsystem:block', 'uuid:mpath-36001', 'dm-*'])
  })
  test('of a SCSI device is known by its disk when it brings that or takes something of it, and not by all the rest', () => {
    const below = '/devices/platform/host4/session1/target4:0:0/4:0:0:1'
    const isOfDisk = (devpath: string, action: string, subsystem: string) => {
      const event = parseUevent(message({ devpath, more: { ACTION: action, SUBSYSTEM: subsystem } }))
      return event && keysOf(event).includes('disk:4:0:0:1')
    }
    expect(isOfDisk(`${below}/block/sdb`, 'add', 'block')).toBe(true)
    expect(isOfDisk(`${below}/block/sdb`, 'change', 'block')).toBe(true)
    expect(isOfDisk(below, 'remove', 'scsi')).toBe(true)
    expect(isOfDisk(below, 'add', 'scsi')).toBe(false)
    expect(isOfDisk(`${below}/scsi_generic/sg1`, 'add', 'scsi_generic')).toBe(false)
  })
})

describe('a watch', () => {
  test('is woken by its own keys only', async () => {
    const { native, watch } = setUp()
    const [session, host, map, other] = [
      await watch('session3'),
      await watch('host4'),
      await watch('uuid:mpath-36001'),
      await watch('session33', 'sdb'),
    ]
    native.say({ devpath: disk })
    expect([await woken(session), await woken(host), await woken(map), await woken(other)]).toEqual([true, true, false, false])
    native.say({ source: 'udev', devpath: '/devices/virtual/block/dm-3', more: { DM_NAME: 'mpatha', DM_UUID: 'mpath-36001' } })
    expect([await woken(session), await woken(host), await woken(map), await woken(other)]).toEqual([false, false, true, false])
  })
  test('is woken by a subsystem', async () => {
    const { native, watch } = setUp()
    const [block, scsi] = [await watch('subsystem:block'), await watch('subsystem:scsi')]
    native.say({ devpath: disk })
    expect([await woken(block), await woken(scsi)]).toEqual([true, false])
  })
  test('remembers that something happened, once', async () => {
    const { native, watch } = setUp()
    const sda = await watch('sda')
    native.say({ devpath: disk }, { devpath: disk, action: 'change' })
    await sda.next(forever)
    expect(await woken(sda)).toBe(false)
  })
  test('misses nothing between watch() and next(), nor beside an abort', async () => {
    const { native, events } = setUp()
    const begun = events.watch(['sda'])
    await eventually(() => native.calls.length === 1)
    native.say({ devpath: disk })
    using watch = await begun
    native.say({ devpath: disk })
    await watch.next(forever)
    const late = new AbortController()
    const next = watch.next(late.signal)
    late.abort(new Error('late'))
    native.say({ devpath: disk })
    await expect(next).rejects.toThrow('late')
    expect(await woken(watch)).toBe(true)
  })
  test('wakes all who wait on it', async () => {
    const { native, watch } = setUp()
    const sda = await watch('sda')
    const both = Promise.all([sda.next(forever), sda.next(forever)])
    native.say({ devpath: disk })
    await both
    expect(await woken(sda)).toBe(false)
  })
  test('takes more keys while it runs', async () => {
    const { native, watch } = setUp()
    const sda = await watch()
    native.say({ devpath: disk })
    expect(await woken(sda)).toBe(false)
    sda.add(['sda'])
    native.say({ devpath: disk })
    expect(await woken(sda)).toBe(true)
  })
  test('rejects with the reason of the signal, and hears nothing after its end', async () => {
    const { native, watch } = setUp()
    const sda = await watch('sda')
    await expect(sda.next(AbortSignal.abort('before'))).rejects.toBe('before')
    sda[Symbol.dispose]()
    native.say({ devpath: disk })
    expect(await woken(sda)).toBe(false)
  })
})

test('what a watch has forgotten does not wake it, and what udev owes is kept', async () => {
  const { native, watch } = setUp()
  const sda = await watch('sda')
  native.say({ devpath: disk })
  sda.forget()
  expect(sda.udevPending('sda')).toBe(true)
  expect(await woken(sda)).toBe(false)
  native.say({ devpath: disk })
  expect(await woken(sda)).toBe(true)
})

test('an event that is no news wakes neither this wait nor the next one', async () => {
  const { native, watch } = setUp()
  const sda = await watch('sda')
  const waiting = sda.next(forever, ({ seqnum }) => seqnum > sda.seen - 1 && seqnum !== 1000)
  native.say({ devpath: disk, seqnum: 1000 })
  expect([await Promise.race([waiting.then(() => 'woken'), Promise.resolve('waits')]), sda.seen]).toEqual(['waits', 1000])
  native.say({ devpath: disk, seqnum: 1001 })
  await waiting
  expect([await woken(sda), sda.seen]).toEqual([false, 1001])
})
test('an overrun is news for everybody', async () => {
  const { native, watch } = setUp()
  const sda = await watch('sda')
  const waiting = sda.next(forever, () => false)
  native.say('overrun')
  await waiting
  expect(sda.seen).toBe(0)
})

describe('what was missed', () => {
  test('an overrun wakes everybody, and nothing that udev owes is waited for', async () => {
    const { native, watch } = setUp()
    const [sda, other] = [await watch('sda'), await watch('session9')]
    native.say({ devpath: disk })
    await sda.next(forever)
    expect(sda.udevPending('sda')).toBe(true)
    native.say('overrun')
    expect([await woken(sda), await woken(other)]).toEqual([true, true])
    expect(sda.udevPending('sda')).toBe(false)
  })
  test('a gap in the numbers of the kernel wakes everybody, once for a batch', async () => {
    const { native, watch } = setUp()
    const other = await watch('session9')
    native.say({ devpath: disk, seqnum: 1000 }, { devpath: disk, seqnum: 1001 }, { source: 'udev', devpath: disk, seqnum: 900 })
    expect(await woken(other), 'no gap').toBe(false)
    native.say({ devpath: disk, seqnum: 1003 }, { devpath: disk, seqnum: 1005 })
    expect(await woken(other)).toBe(true)
    native.say({ devpath: disk, seqnum: 1004 }, { devpath: disk, seqnum: 1006 })
    expect(await woken(other), 'late, but none is missing now').toBe(false)
  })
  test('the gap that an overrun leaves wakes nobody again, the next one does', async () => {
    const { native, watch } = setUp()
    const other = await watch('session9')
    native.say({ devpath: disk, seqnum: 1000 }, 'overrun')
    expect(await woken(other), 'overrun').toBe(true)
    native.say({ devpath: disk, seqnum: 1900 })
    expect(await woken(other), 'the same news').toBe(false)
    native.say({ devpath: disk, seqnum: 1902 })
    expect(await woken(other), 'a gap').toBe(true)
  })
  test('what comes after an overrun in its batch is owed by udev, what came before is not', async () => {
    const { native, watch } = setUp()
    const sda = await watch('sda', 'sdb')
    native.say({ devpath: disk }, 'overrun', { devpath: disk.replace('sda', 'sdb') })
    expect([sda.udevPending('sda'), sda.udevPending('sdb')]).toEqual([false, true])
  })
})

describe('who listens to everything', () => {
  const listening = async () => {
    const { native, events } = setUp()
    const batches: UeventBatch[] = []
    const end = await events.listen((batch) => batches.push(batch))
    const told = () =>
      batches.splice(0).map(({ events: heard, missed }) => ({ heard: heard.map(({ source, seqnum }) => `${source} ${seqnum}`), missed }))
    return { native, events, end, told }
  }
  test('gets each batch as it comes, kernel and udev, in order', async () => {
    const { native, told } = await listening()
    native.say(
      { devpath: disk, seqnum: 7 },
      { devpath: '/devices/cpu', subsystem: 'cpu', seqnum: 8 },
      { source: 'udev', devpath: disk, seqnum: 7 },
    )
    native.say({ devpath: disk, seqnum: 9 })
    expect(told()).toEqual([
      { heard: ['kernel 7', 'kernel 8', 'udev 7'], missed: false },
      { heard: ['kernel 9'], missed: false },
    ])
  })
  test('is told once what an overrun may have cost, and of a gap with the batch that has it', async () => {
    const { native, told } = await listening()
    native.say({ devpath: disk, seqnum: 7 }, 'overrun', { devpath: disk, seqnum: 90 })
    native.say({ devpath: disk, seqnum: 91 })
    native.say({ devpath: disk, seqnum: 92 }, { devpath: disk, seqnum: 94 })
    native.say('overrun')
    expect(told()).toEqual([
      { heard: ['kernel 7'], missed: false },
      { heard: ['kernel 90'], missed: true },
      { heard: ['kernel 91'], missed: false },
      { heard: ['kernel 92', 'kernel 94'], missed: true },
      { heard: [], missed: true },
    ])
  })
  test('hears nothing after its end, and keeps the listener until then', async () => {
    const native = fakeListener()
    const events = createEvents({ addon: () => native, netns: undefined, idleMs: 1 })
    const heard: UeventBatch[] = []
    const end = await events.listen((batch) => heard.push(batch))
    const watch = await events.watch(['a'])
    watch[Symbol.dispose]()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(native.calls).toEqual(['listen 3 -'])
    native.say({ devpath: disk })
    end[Symbol.dispose]()
    native.say({ devpath: disk })
    expect(heard.length).toBe(1)
    await eventually(() => native.calls.includes('unlisten'))
  })
  test('fails where nobody can listen', async () => {
    const native = fakeListener()
    native.failWith(Object.assign(new Error('bind'), { errno: -1, syscall: 'bind', path: '' }))
    const events = createEvents({ addon: () => native, netns: undefined })
    await expect(events.listen(() => undefined)).rejects.toMatchObject({ code: 'ERR_PERMISSION' })
  })
})

describe('udev is behind', () => {
  const events = async () => {
    const { native, watch } = setUp()
    return { native, sda: await watch('sda'), partitions: await watch('sda1') }
  }
  test('from the event of the kernel until the copy of the last one', async () => {
    const { native, sda } = await events()
    expect(sda.udevPending('sda')).toBe(false)
    native.say({ devpath: disk, seqnum: 10 }, { devpath: disk, seqnum: 12, action: 'change' })
    expect(sda.udevPending('sda')).toBe(true)
    native.say({ source: 'udev', devpath: disk, seqnum: 10 })
    expect(sda.udevPending('sda')).toBe(true)
    native.say({ source: 'udev', devpath: disk, seqnum: 12, action: 'change' })
    expect(sda.udevPending('sda')).toBe(false)
  })
  test('for each block device by itself, and only for what the watch has seen', async () => {
    const { native, sda, partitions } = await events()
    native.say({ devpath: `${disk}/sda1`, seqnum: 11 }, { devpath: '/devices/x/4:0:0:1/bsg/sda', subsystem: 'bsg', seqnum: 12 })
    expect([sda.udevPending('sda'), sda.udevPending('sda1'), partitions.udevPending('sda1')]).toEqual([false, true, true])
    native.say({ devpath: disk, seqnum: 13 })
    expect([sda.udevPending('sda'), partitions.udevPending('sda')]).toEqual([true, false])
  })
  test('no more when the device has gone, and again when its name comes back', async () => {
    const { native, sda } = await events()
    native.say({ devpath: disk, seqnum: 10 }, { devpath: disk, seqnum: 11, action: 'remove' })
    expect(sda.udevPending('sda')).toBe(false)
    native.say({ devpath: disk, seqnum: 12 }, { source: 'udev', devpath: disk, seqnum: 11, action: 'remove' })
    expect(sda.udevPending('sda')).toBe(true)
    native.say({ source: 'udev', devpath: disk, seqnum: 12 })
    expect(sda.udevPending('sda')).toBe(false)
  })
})

describe('the native listener', () => {
  test('is one for all, in the network namespace of udevd', async () => {
    const { native, events } = setUp({ netns: '/host/proc/1/ns/net' })
    const watches = await Promise.all(['a', 'b', 'c'].map((key) => events.watch([key])))
    expect(native.calls).toEqual(['listen 3 /host/proc/1/ns/net'])
    for (const watch of watches) watch[Symbol.dispose]()
  })
  test('stays a while after the last watch, and then goes', async () => {
    const { native, events } = setUp({ idleMs: 40 })
    const first = await events.watch(['a'])
    first[Symbol.dispose]()
    const second = await events.watch(['a'])
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(native.calls).toEqual(['listen 3 -'])
    second[Symbol.dispose]()
    await eventually(() => native.calls.includes('unlisten'))
    using third = await events.watch(['sda'])
    native.say({ devpath: disk })
    await third.next(forever)
    expect(native.calls).toEqual(['listen 3 -', 'unlisten', 'listen 3 -'])
  })
  test('that fails fails the watch, and is tried again', async () => {
    const { native, events } = setUp()
    native.failWith(Object.assign(new Error('bind'), { errno: -1, syscall: 'bind', path: '' }))
    await expect(events.watch(['a'])).rejects.toMatchObject({ code: 'ERR_PERMISSION', details: { errno: 'EPERM', syscall: 'bind' } })
    native.failWith(undefined)
    using watch = await events.watch(['sda'])
    native.say({ devpath: disk })
    await watch.next(forever)
  })
})
