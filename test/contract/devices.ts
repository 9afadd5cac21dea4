import { describe, expect, test } from 'vitest'

import { type MakeSubject, patience, using } from './subject.js'

/** The parts of the device port that a machine without devices can show. */
export function describeDevices(name: string, make: MakeSubject): void {
  describe(`devices of ${name}`, () => {
    test(
      'what is not there is gone, not an error',
      using(make, async ({ host: { kernel } }) => {
        expect(await kernel.hold('/dev/brickwork-none', patience())).toBe('gone')
        const nowhere = { device: '/dev/brickwork-none', readOnly: true, diskseq: undefined }
        expect(await kernel.setReadOnly(nowhere, patience())).toBe('gone')
        expect((await kernel.openers(['9999:1'], patience())).openers).toEqual([])
      }),
    )
    test(
      'reading and flushing what is not there is an error',
      using(make, async ({ host: { kernel } }) => {
        const missing = { code: 'ERR_KERNEL', details: { errno: 'ENOENT' } }
        await expect(kernel.flush('/dev/brickwork-none', patience())).rejects.toMatchObject(missing)
        await expect(kernel.readDirect('/dev/brickwork-none', 0, 512, patience())).rejects.toMatchObject(missing)
        const inquiry = { device: '/dev/brickwork-none', cdb: Uint8Array.of(0x12, 0, 0, 0, 36, 0), length: 36, timeoutMs: 1000 }
        await expect(kernel.scsi(inquiry, patience())).rejects.toMatchObject(missing)
      }),
    )
    test(
      'a watch is woken by nothing when nothing happens, and ends with its signal',
      using(make, async ({ host: { events, clock } }) => {
        using watch = await events.watch(['brickwork-none'])
        const caller = new AbortController()
        const waiting = watch.next(caller.signal)
        void clock.sleep(30, patience()).then(() => caller.abort('enough'))
        await expect(waiting).rejects.toBe('enough')
        expect(watch.udevPending('brickwork-none')).toBe(false)
      }),
    )
  })
}
