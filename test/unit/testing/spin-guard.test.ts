/** An endless loop on virtual time fails after a number of steps, with its name, however slow the machine is. */
import { expect, test } from 'vitest'

import { FakeClock } from '../../../lib/testing/time/fake-clock.js'
import { SpinGuard } from '../../../lib/testing/time/spin-guard.js'
import { Timeline } from '../../../lib/testing/time/timeline.js'

const { signal } = new AbortController()

test('a waiter that polls for ever is named by its place', async () => {
  const timeline = new Timeline(new SpinGuard(1000, 1000))
  timeline.auto = false
  const clock = new FakeClock(timeline)
  const pollsForEver = async (): Promise<void> => {
    for (;;) await clock.sleep(50, signal)
  }
  void pollsForEver()
  await expect(timeline.advance(60_000)).rejects.toThrow(/waits after 1000 timers\. Last waiting: .* times sleep\(50\) .*pollsForEver/)
})

test('a loop that needs no time is named too', async () => {
  const timeline = new Timeline(new SpinGuard(1000, 1000))
  timeline.auto = false
  let goesOn = true
  const asksForEver = async (): Promise<void> => {
    while (goesOn) {
      timeline.beginWait(() => 'files.read /run/x')
      await new Promise<void>((resolve) => void setImmediate(resolve))
      timeline.endWait()
    }
  }
  const asking = asksForEver()
  await expect(timeline.advance(10)).rejects.toThrow(/1000 turns without a timer\. Last waiting: .* times files\.read \/run\/x/)
  goesOn = false
  await asking
})

test('a long and busy life is no loop', async () => {
  const clock = new FakeClock()
  for (let day = 0; day < 100; day++) await clock.sleep(86_400_000, signal)
  expect(clock.now()).toBe(100 * 86_400_000)
})
