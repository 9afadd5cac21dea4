import { describe, expect, test } from 'vitest'

import { type MakeSubject, patience, using } from './subject.js'

export function describeClock(name: string, make: MakeSubject): void {
  describe(`Clock of ${name}`, () => {
    test(
      'a sleep takes its time',
      using(make, async ({ host: { clock } }) => {
        const before = clock.now()
        await clock.sleep(20, patience())
        // Timers of Node.js may fire within the millisecond before.
        expect(clock.now() - before).toBeGreaterThan(18)
        await clock.sleep(0, patience())
        expect(clock.wallMs()).toBeGreaterThan(1_700_000_000_000)
      }),
    )
    test(
      'sleeps end in the order of their ends',
      using(make, async ({ host: { clock } }) => {
        const order: number[] = []
        await Promise.all([60, 20, 40].map((ms) => clock.sleep(ms, patience()).then(() => order.push(ms))))
        expect(order).toEqual([20, 40, 60])
      }),
    )
    test(
      'an abort ends it with its reason',
      using(make, async ({ host: { clock } }) => {
        const caller = new AbortController()
        const sleeping = clock.sleep(60_000, caller.signal)
        void clock.sleep(5, patience()).then(() => caller.abort('enough'))
        await expect(sleeping).rejects.toBe('enough')
        await expect(clock.sleep(1, caller.signal)).rejects.toBe('enough')
      }),
    )
  })
}
