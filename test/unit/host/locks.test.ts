import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { realClock } from '../../../lib/host/clock.js'
import { RootedFiles } from '../../../lib/host/files.js'
import { createLocks } from '../../../lib/host/locks.js'
import { loadAddon } from '../../../lib/host/native-loader.js'
import { createPaths } from '../../../lib/host/paths.js'
import { rootsBelow } from '../../../lib/host/roots.js'
import { forever, settled, temporaryDirectory } from './temporary-directory.js'
import { writeFileSync } from 'node:fs'

/** flock as a table: a file that one "process" has locked is locked for the others. */
class FlockTable {
  readonly holders = new Map<string, number>()
  readonly opened = new Map<number, string>()
  tries = 0
  #lastFd = 100

  readonly lockOpen = (path: string): number => {
    if (!existsSync(join(path, '..'))) throw Object.assign(new Error('open'), { errno: -2, syscall: 'open', path })
    writeFileSync(path, '')
    this.opened.set(++this.#lastFd, path)
    return this.#lastFd
  }
  readonly lockTry = (fd: number): boolean => {
    const path = this.opened.get(fd) ?? ''
    if (!path.endsWith('.wanted')) this.tries += 1
    if (this.holders.has(path)) return false
    this.holders.set(path, fd)
    return true
  }
  readonly lockClose = (fd: number): void => {
    const path = this.opened.get(fd) ?? ''
    if (this.holders.get(path) === fd) this.holders.delete(path)
    this.opened.delete(fd)
  }
}

async function setUp() {
  const directory = join(await temporaryDirectory(), 'run/locks')
  const table = new FlockTable()
  const paths = createPaths(rootsBelow('/'))
  const asleep: number[] = []
  const clock = {
    ...realClock,
    sleep(ms: number, signal: AbortSignal) {
      asleep.push(ms)
      return realClock.sleep(Math.min(ms, 2), signal)
    },
  }
  const process = () => createLocks({ addon: () => table, files: new RootedFiles(paths, loadAddon), paths, clock })
  return { directory, table, asleep, process }
}

describe('a lock', () => {
  test('is a file named by a hash, in a directory made for it, and stays', async () => {
    const { directory, process } = await setUp()
    const lock = await process().take(directory, '../any text\n', forever)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect(await readdir(directory)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.lock$/)])
    await lock.release()
    expect((await readdir(directory)).length).toBe(1)
  })
  test('goes to one at a time within a process, first come, first served', async () => {
    const { directory, table, process } = await setUp()
    const locks = process()
    const order: number[] = []
    let held = 0
    const work = async (index: number) => {
      const lock = await locks.take(directory, 'a', forever)
      held += 1
      expect(held).toBe(1)
      order.push(index)
      await settled(1)
      held -= 1
      await lock.release()
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => work(index)))
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(table.tries, 'nobody asked the kernel out of turn').toBe(20)
    expect(table.opened.size).toBe(0)
  })
  test('comes to another process although one has a long queue', async () => {
    const { directory, table, process } = await setUp()
    const [busy, other] = [process(), process()]
    let done = 0
    const one = async () => {
      const lock = await busy.take(directory, 'a', forever)
      await realClock.sleep(5, forever)
      done += 1
      await lock.release()
    }
    const all = Array.from({ length: 100 }, one)
    while (done === 0) await settled(1)
    const lock = await other.take(directory, 'a', forever)
    expect(done).toBeLessThan(40)
    await lock.release()
    await Promise.all(all)
    expect(done).toBe(100)
    expect(table.opened.size).toBe(0)
  })
  test('does not keep other names waiting', async () => {
    const { directory, process } = await setUp()
    const locks = process()
    await locks.take(directory, 'a', forever)
    await locks.take(directory, 'b', forever)
  })
  test('of another process is asked for at 2, 5, 10, 20 and then every 50 ms', async () => {
    const { directory, asleep, process } = await setUp()
    const other = await process().take(directory, 'a', forever)
    const waiting = process().take(directory, 'a', forever)
    while (asleep.length < 6) await settled()
    await other.release()
    await (await waiting).release()
    expect(asleep.slice(0, 6)).toEqual([2, 5, 10, 20, 50, 50])
  })
  test('that was not had in time leaves nothing, and its place to the next', async () => {
    const { directory, table, process } = await setUp()
    const other = await process().take(directory, 'a', forever)
    const locks = process()
    const [first, second] = [new AbortController(), new AbortController()]
    const outcomes = [
      locks.take(directory, 'a', first.signal),
      locks.take(directory, 'a', second.signal),
      locks.take(directory, 'a', forever),
    ] as const
    await settled()
    second.abort('second')
    await expect(outcomes[1]).rejects.toBe('second')
    first.abort('first')
    await expect(outcomes[0]).rejects.toBe('first')
    await other.release()
    await (await outcomes[2]).release()
    expect(table.opened.size).toBe(0)
    await expect(locks.take(directory, 'a', AbortSignal.abort('before'))).rejects.toBe('before')
  })
  test('is released once', async () => {
    const { directory, process } = await setUp()
    const locks = process()
    const first = await locks.take(directory, 'a', forever)
    await first.release()
    const second = await locks.take(directory, 'a', forever)
    await first.release()
    await expect(process().take(directory, 'a', AbortSignal.timeout(30))).rejects.toMatchObject({ name: 'TimeoutError' })
    await second.release()
  })
})
