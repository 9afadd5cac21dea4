import { expect, test } from 'vitest'

import type { OperationEvent } from '../../../lib/api/events.js'
import type { Host } from '../../../lib/core/host.js'
import { silentLog } from '../../../lib/core/silent-log.js'
import { Progress } from '../../../lib/operation/progress.js'
import { FakeHost } from '../../../lib/testing/index.js'

test('what nobody hears is not composed', async () => {
  const host = new FakeHost()
  const { files, commands, kernel, events, locks, clock, architecture } = host
  const published: OperationEvent[] = []
  let isHeard = false
  const publish = Object.assign((event: OperationEvent) => void published.push(event), { isHeard: () => isHeard })
  const silent: Host = { files, commands, kernel, events, locks, clock, architecture, log: silentLog }
  const about = { owner: 'default', id: 'vol-1' }
  const progress = new Progress(silent, publish, about, () => new AbortController().signal)
  await progress.step('login', () => Promise.resolve())
  expect(published).toEqual([])
  expect(progress.timings).toMatchObject([{ step: 'login' }])
  isHeard = true
  await progress.step('scan', () => Promise.resolve())
  expect(published.map(({ type }) => type)).toEqual(['step:start', 'step:end'])
})

test('durations are in whole microseconds', async () => {
  const { files, commands, kernel, events, locks, clock: real, architecture, log } = new FakeHost()
  const times = [1000.169_320_999_999_42, 1002.5, 1002.833_333_333, 1010.000_000_1]
  const clock = { now: () => times.shift() ?? 0, wallMs: () => 0, sleep: real.sleep.bind(real), keepAlive: () => real.keepAlive() }
  const host: Host = { files, commands, kernel, events, locks, architecture, log, clock }
  const published: OperationEvent[] = []
  const progress = new Progress(
    host,
    (event) => published.push(event),
    { owner: 'default', id: 'vol-1' },
    () => new AbortController().signal,
  )
  await progress.step('login', () => Promise.resolve())
  progress.end('attach')
  expect(progress.timings).toEqual([{ step: 'login', startMs: 2.331, ms: 0.333 }])
  expect(published.flatMap((event) => ('ms' in event ? [event.ms] : []))).toEqual([0.333, 9.831])
})
