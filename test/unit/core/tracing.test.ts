import { tracingChannel } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import { traced, traceChannels } from '../../../lib/core/tracing.js'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'

const iqn = 'iqn.2024-01.org.example:array'
const portal = '10.99.1.1:3260'
const quiet = { start: () => undefined, end: () => undefined, asyncStart: () => undefined, error: () => undefined }

async function attached(id: string): Promise<void> {
  const host = new FakeHost()
  host.storage.volume('data', { content: 'ext4' })
  host.storage.iscsi.target({ iqn, portals: [portal], luns: { 1: 'data' } })
  await using attacher = await createAttacher({ host })
  await attacher.attach({ id, connection: { protocol: 'iscsi', targets: [{ portal, iqn, lun: 1 }] } })
  await attacher.detach(id)
}

test('operations, their steps, programs and native calls are told to subscribers, in their order of ending', async () => {
  const told: string[] = []
  const listening = Object.keys(traceChannels).map((name) => {
    const channel = tracingChannel(`brickwork:${name}`)
    const asyncEnd = (context: object) => {
      const { id, step, argv, call } = context as { id?: string; step?: string; argv?: string[]; call?: string }
      told.push([name, id, step, argv?.join(' '), call].filter((each) => each !== undefined).join(' '))
    }
    const subscribers = { ...quiet, asyncEnd }
    channel.subscribe(subscribers)
    return () => channel.unsubscribe(subscribers)
  })
  await attached('one')
  for (const stop of listening) stop()
  const ends = (what: string) => told.indexOf(what)
  expect(ends('kernel connect')).toBeGreaterThan(-1)
  expect(ends('step one probe')).toBeGreaterThan(ends('kernel connect'))
  expect(told.find((each) => each.startsWith('command iscsiadm') && each.endsWith('--login'))).toContain(iqn)
  expect(ends('attach one')).toBeGreaterThan(ends('step one record'))
  expect(ends('detach one')).toBeGreaterThan(ends('attach one'))
  const before = told.length
  await attached('two')
  expect(told).toHaveLength(before)
})

test('a failure is told with its error, and reaches the caller as it is', async () => {
  const told: unknown[] = []
  const channel = tracingChannel('brickwork:step')
  const subscribers = { ...quiet, asyncEnd: () => undefined, error: (context: object) => told.push((context as { error: unknown }).error) }
  channel.subscribe(subscribers)
  const failure = new TypeError('no')
  const run = traced(
    'step',
    () => ({ owner: 'me', id: 'one', step: 'login' }),
    () => Promise.reject(failure),
  )
  await expect(run).rejects.toBe(failure)
  channel.unsubscribe(subscribers)
  expect(told).toEqual([failure])
})

test('without a subscriber nothing is computed', async () => {
  const what = () => {
    throw new TypeError('it was asked for')
  }
  expect(await traced('kernel', what, () => Promise.resolve(7))).toBe(7)
})
