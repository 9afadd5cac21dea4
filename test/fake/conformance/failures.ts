/** An attach that fails or is aborted leaves nothing. */
import { abortAt } from '../../world/expect.js'
import { describe, expect } from 'vitest'
import { clausesOf } from './clauses.js'
import { settled, SIZE, stage } from './stage.js'
import type { Subject } from './subject.js'

export function failureClauses(subject: Subject): void {
  const test = clausesOf(subject)
  describe(`connector ${subject.name}`, () => {
    test('refuses a volume that is not the expected one, and puts everything back', async () => {
      const on = await stage(subject)
      const wrong = on.attacher.attach(on.request('one', { expected: { sizeBytes: SIZE + 512 } }))
      await expect(wrong).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'verify', details: { what: 'size in bytes' } })
      await settled(on)
    })

    test('asks for `expected` when the policy requires an identity', async () => {
      const on = await stage(subject)
      const asked = on.attacher.attach(on.request('one', { policy: { multipath: 'never', identity: 'require' } }))
      await expect(asked).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', details: { field: 'request.expected' } })
      await settled(on)
    })

    test('answers by its deadline when the kernel does not', async () => {
      const on = await stage(subject)
      const hung = on.world.host.faults.plant({ on: 'kernel.readTree', does: { hang: 'before' } })
      const from = on.world.now()
      await expect(on.attacher.attach(on.request('one'), { timeoutMs: 4000 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
      expect(on.world.now() - from).toBeLessThanOrEqual(4500)
      hung.release()
      await settled(on)
    })

    test('is put back when the caller aborts, at each step', async () => {
      for (const step of subject.steps) {
        const on = await stage(subject)
        const signal = abortAt(on.attacher, step)
        const outcome = await on.attacher.attach(on.request('one'), { signal }).catch((error: unknown) => error)
        expect(signal.aborted, step).toBe(true)
        if (step === 'commit' && !(outcome instanceof Error)) await on.attacher.detach('one')
        else expect(outcome, step).toMatchObject({ code: 'ERR_ABORTED', volume: 'one' })
        await settled(on)
      }
    })

    test('does nothing when the caller has aborted already', async () => {
      const on = await stage(subject)
      const outcome = on.attacher.attach(on.request('one'), { signal: AbortSignal.abort(new Error('no')) })
      await expect(outcome).rejects.toMatchObject({ code: 'ERR_ABORTED', sideEffects: 'none' })
      await settled(on)
    })

    test('changes nothing when the journal cannot be written', async () => {
      for (const errno of ['ENOSPC', 'EROFS', 'EIO']) {
        const on = await stage(subject)
        on.world.host.faults.plant({ on: 'files.commit', does: { fail: errno } })
        const failed = on.attacher.attach(on.request('one'))
        await expect(failed).rejects.toMatchObject({
          code: 'ERR_STATE',
          step: 'journal',
          sideEffects: 'none',
          details: { file: expect.stringContaining('/attachments/') as string },
        })
        await settled(on)
      }
    })

    test('puts everything back when the disk is full at the end', async () => {
      const on = await stage(subject)
      const first = on.world.host.faults.plant({ on: 'files.commit', does: { delayMs: 1 } })
      on.world.host.faults.plant({ on: 'files.commit', does: { fail: 'ENOSPC' } })
      await expect(on.attacher.attach(on.request('one'))).rejects.toMatchObject({ code: 'ERR_STATE', step: 'commit' })
      expect(first.met).toBe(1)
      await settled(on)
    })
  })
}
