import { describe, expect, test } from 'vitest'

import { Coordinator, type Waiter } from '../../../lib/operation/coordinator.js'
import { mergeLimits } from '../../../lib/operation/policy.js'
import { LIMITS } from './entries.js'
import { LinkedSignal } from '../../../lib/core/signal.js'
import { FakeHost } from '../../../lib/testing/index.js'

const { signal } = new LinkedSignal()
const host = new FakeHost()
const waiter: Waiter = { holder: () => ({}), found: (holders) => Promise.resolve(holders), waiting: (_, run) => run() }
const settled = async (promise: Promise<unknown>) =>
  await Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))])

describe('the coordinator', () => {
  test('many calls for one attachment keep one place', async () => {
    const coordinator = new Coordinator(host, mergeLimits(LIMITS, { operations: 2 }))
    const first = await coordinator.admit('one', signal, waiter)
    const second = coordinator.admit('one', signal, waiter)
    expect(await settled(second)).toBe(false)
    const other = coordinator.admit('other', signal, waiter)
    expect(await settled(other)).toBe(true)
    first[Symbol.dispose]()
    expect(await settled(second)).toBe(true)
  })
  test('who gives up waiting for a place leaves the attachment to the next', async () => {
    const coordinator = new Coordinator(host, mergeLimits(LIMITS, { operations: 1 }))
    const place = await coordinator.admit('one', signal, waiter)
    const impatient = new AbortController()
    const given = coordinator.admit('other', impatient.signal, waiter)
    impatient.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    place[Symbol.dispose]()
    expect(await settled(coordinator.admit('other', signal, waiter))).toBe(true)
  })
  test('a portal and a SCSI host have their own limits', async () => {
    const coordinator = new Coordinator(host, LIMITS, { portal: 1 })
    const login = await coordinator.take('portal', '10.0.0.1:3260', signal, waiter)
    expect(coordinator.isFree('portal', '10.0.0.1:3260')).toBe(false)
    expect(coordinator.isFree('portal', '10.0.0.2:3260')).toBe(true)
    expect(coordinator.isFree('scsi-host', '10.0.0.1:3260')).toBe(true)
    login[Symbol.dispose]()
    expect(coordinator.isFree('portal', '10.0.0.1:3260')).toBe(true)
  })
  test('a kind without a limit is a defect of its connector, not a queue', async () => {
    const coordinator = new Coordinator(host, LIMITS, { portal: 1 })
    await expect(coordinator.take('portals', '10.0.0.1:3260', signal, waiter)).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      details: { invariant: 'a scarce kind has a limit', key: 'portals' },
    })
    expect(() => coordinator.isFree('portals', '10.0.0.1:3260')).toThrow('An invariant is broken')
  })
  test('a limit that is not given, or undefined, is the default', () => {
    expect(mergeLimits(LIMITS, { operations: 3, scansPerHost: undefined })).toEqual({ ...LIMITS, operations: 3 })
    expect(mergeLimits(LIMITS, undefined)).toEqual(LIMITS)
  })
})
