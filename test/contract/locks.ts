import { describe, expect, test } from 'vitest'

import type { Host } from '../../lib/core/host.js'
import { parseLockNote } from '../../lib/core/lock-note.js'
import { type MakeSubject, patience, using } from './subject.js'

export function describeLocks(name: string, make: MakeSubject): void {
  describe(`Locks of ${name}`, () => {
    test(
      'first come, first served; other names are not touched',
      using(make, async ({ host, directory }) => {
        const order: string[] = []
        const first = await host.locks.take(`${directory}/locks`, 'volume a', patience())
        const later = ['one', 'two', 'three'].map((who) => hold(host, directory, 'volume a', () => order.push(who)))
        await hold(host, directory, 'volume b', () => order.push('other name'))
        expect(order).toEqual(['other name'])
        await first.release()
        await Promise.all(later)
        expect(order).toEqual(['other name', 'one', 'two', 'three'])
      }),
    )
    test(
      'it holds between processes',
      using(make, async ({ host, other, directory }) => {
        const order: string[] = []
        const first = await host.locks.take(`${directory}/locks`, 'x', patience())
        const second = hold(other(), directory, 'x', () => order.push('other process'))
        await host.clock.sleep(30, patience())
        order.push('released')
        await first.release()
        await second
        expect(order).toEqual(['released', 'other process'])
      }),
    )
    test(
      'who gives up leaves the lock to the others',
      using(make, async ({ host, other, directory }) => {
        const first = await host.locks.take(`${directory}/locks`, 'x', patience())
        const caller = new AbortController()
        const gaveUp = [host, other()].map((each) => each.locks.take(`${directory}/locks`, 'x', caller.signal))
        const third = hold(host, directory, 'x', () => undefined)
        const failures = Promise.allSettled(gaveUp)
        caller.abort('enough')
        expect(await failures).toEqual([
          { status: 'rejected', reason: 'enough' },
          { status: 'rejected', reason: 'enough' },
        ])
        await first.release()
        await first.release()
        await third
        await expect(host.locks.take(`${directory}/locks`, 'y', caller.signal)).rejects.toBe('enough')
      }),
    )
    test(
      'who waits can see who has it, also when the holder said less than the one before',
      using(make, async ({ host, other, directory }) => {
        const locks = `${directory}/locks`
        const pid = Number(await host.files.readLink('/proc/self'))
        expect(await host.locks.seen(locks, 'x')).toEqual({ note: undefined, pid: undefined })
        const first = await host.locks.take(locks, 'x', patience(), { owner: 'agent', id: 'a'.repeat(200), operation: 'attach' })
        await first.release()
        const from = Math.floor(host.clock.wallMs())
        const second = await host.locks.take(locks, 'x', patience(), { owner: 'agent', id: 'b' })
        const seen = await other().locks.seen(locks, 'x')
        expect(seen.pid).toBe(pid)
        const held = await other().locks.holders(locks)
        expect(held).toEqual([{ file: expect.stringMatching(/\/locks\/[0-9a-f]{64}\.lock$/) as unknown, ...seen }])
        const said = parseLockNote(seen.note ?? '')
        expect(said).toMatchObject({ pid, owner: 'agent', id: 'b' })
        expect(said).not.toHaveProperty('operation')
        expect(said?.sinceMs).toBeGreaterThanOrEqual(from)
        await second.release()
        const free = await host.locks.seen(locks, 'x')
        expect(free.pid, 'the kernel knows that nobody has it').toBeUndefined()
        expect(await host.locks.holders(locks)).toEqual([])
        expect(await host.locks.holders(`${locks}/none`)).toEqual([])
        expect(parseLockNote(free.note ?? ''), 'the file still says who had it').toEqual(said)
      }),
    )
  })
}

async function hold(host: Host, directory: string, name: string, work: () => unknown): Promise<void> {
  const lock = await host.locks.take(`${directory}/locks`, name, patience())
  work()
  await lock.release()
}
