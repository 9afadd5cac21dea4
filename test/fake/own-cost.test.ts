/** What an attach over four paths costs this process beside its calls of the machine. Each number may only go down. */
import { afterEach, expect, test, vi } from 'vitest'
import { silentLog } from '../../lib/core/silent-log.js'
import { createAttacher } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'
import { IQN, request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'

const four = request('one', { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' } } })

function machine(): FakeHost {
  const host = new FakeHost({ multipathd: 'running' })
  host.storage.volume('data')
  host.storage.iscsi.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  return host
}
afterEach(() => vi.unstubAllGlobals())

test('an attach and a detach make no abort signal of Node.js, which is expensive', async () => {
  const host = machine()
  await using attacher = await createAttacher({ host })
  const made = vi.fn()
  const Real = AbortController
  vi.stubGlobal(
    'AbortController',
    class extends Real {
      constructor() {
        super()
        made()
      }
    },
  )
  await attacher.attach(four)
  await attacher.detach('one')
  expect(made).not.toHaveBeenCalled()
})

test('an attach sets few timers', async () => {
  const host = machine()
  await using attacher = await createAttacher({ host })
  const timers = vi.spyOn(host.clock, 'sleep')
  await attacher.attach(four)
  // A sleep of 0 ms lets others have their turn. It is no timer.
  expect(timers.mock.calls.filter(([ms]) => ms > 0).length).toBeLessThanOrEqual(50)
})

test('an attach that nobody listens to composes no line', async () => {
  const host = machine()
  await using attacher = await createAttacher({ host, log: silentLog })
  const said = vi.spyOn(silentLog, 'debug')
  await attacher.attach(four)
  expect(said).not.toHaveBeenCalled()
})
