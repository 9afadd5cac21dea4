import { describe, expect, test } from 'vitest'

import { type MakeSubject, patience, using } from './subject.js'

export function describeConnect(name: string, make: MakeSubject): void {
  describe(`connect of ${name}`, () => {
    test(
      'tells whether somebody listens',
      using(make, async ({ host: { kernel }, openPort, closedPort }) => {
        expect(await kernel.connect('127.0.0.1', await openPort(), patience())).toEqual({ outcome: 'connected' })
        const refused = await kernel.connect('127.0.0.1', await closedPort(), patience())
        expect(refused).toEqual({ outcome: 'failed', error: 'ECONNREFUSED' })
      }),
    )
    test(
      'a caller who has gone gets his reason',
      using(make, async ({ host: { kernel } }) => {
        await expect(kernel.connect('127.0.0.1', 1, AbortSignal.abort('enough'))).rejects.toBe('enough')
      }),
    )
    test(
      'a daemon that does not run cannot be reached',
      using(make, async ({ host: { kernel } }) => {
        const request = { socket: '/org/kernel/linux/storage/multipathd', bytes: new Uint8Array(0), reply: 'framed' } as const
        await expect(kernel.exchange(request, patience())).rejects.toMatchObject({ code: 'ERR_DAEMON_UNREACHABLE' })
      }),
    )
  })
}
