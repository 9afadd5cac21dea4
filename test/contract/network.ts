import { describe, expect, test } from 'vitest'

import { type MakeSubject, patience, using } from './subject.js'

/** ICReq of NVMe/TCP: PDU type, flags, header length, offset of data, length of the PDU. */
const GREETING = Uint8Array.of(0x00, 0, 128, 0, 128, ...new Uint8Array(123))

export function describeFabrics(name: string, make: MakeSubject): void {
  describe(`NVMe over Fabrics of ${name}`, () => {
    test(
      'greet: the answer of a target, and a refusal',
      using(make, async ({ host: { kernel }, nvmePort, closedPort }) => {
        const greet = (port: number) => kernel.greet({ address: '127.0.0.1', port, bytes: GREETING, length: 128 }, patience())
        const answered = await greet(await nvmePort())
        if (answered.outcome === 'failed') throw new Error(answered.error)
        expect([answered.bytes.length, ...answered.bytes.subarray(0, 5)]).toEqual([128, 0x01, 0, 128, 0, 128])
        expect(await greet(await closedPort())).toEqual({ outcome: 'failed', error: 'ECONNREFUSED' })
      }),
    )
    test(
      'greet: a caller who has gone gets his reason',
      using(make, async ({ host: { kernel } }) => {
        const request = { address: '127.0.0.1', port: 1, bytes: GREETING, length: 128 }
        await expect(kernel.greet(request, AbortSignal.abort('enough'))).rejects.toBe('enough')
      }),
    )
    test(
      'an admin command that does more than read is refused before the controller is looked for',
      using(make, async ({ host: { kernel } }) => {
        const command = { device: '/dev/brickwork-none', nsid: 1, cdw10: 0, length: 4096 }
        await expect(kernel.nvmeAdmin({ ...command, opcode: 0x80 }, patience())).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
        await expect(kernel.nvmeAdmin({ ...command, opcode: 0x06 }, patience())).rejects.toMatchObject({
          code: 'ERR_KERNEL',
          details: { errno: 'ENOENT' },
        })
      }),
    )
  })
}

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
