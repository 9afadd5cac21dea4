/** A process with a queue for a lock does not block other processes from that lock. */
import { setMaxListeners } from 'node:events'
import { expect, test } from 'vitest'
import { FakeHost } from '../../lib/testing/index.js'

const { signal } = new AbortController()
setMaxListeners(0, signal)

test.each([
  ['short turns', 1, 12],
  ['long turns', 60, 4],
])('%s: another process has its turn among those of a long queue', async (_, ms, most) => {
  const host = new FakeHost()
  const other = host.process()
  let done = 0
  const one = async () => {
    const lock = await host.locks.take('/run/brickwork/locks', 'portal', signal)
    await host.clock.sleep(ms, signal)
    done += 1
    await lock.release()
  }
  const all = Array.from({ length: 100 }, one)
  const lock = await other.locks.take('/run/brickwork/locks', 'portal', signal)
  expect(done).toBeLessThanOrEqual(most)
  await lock.release()
  await Promise.all(all)
  expect(done).toBe(100)
  expect(host.locked).toEqual([])
})
