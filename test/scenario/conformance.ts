/** What every connector promises, whatever its protocol: one suite, run over each. */
import { describe, expect, test } from 'vitest'
import type { Attacher, AttachRequest, Connection } from '../../lib/index.js'
import { abortAt } from '../lab/expect.js'
import { createFakeWorld, type FakeWorld } from '../lab/fake-world.js'
import type { Leftovers } from '../lab/world.js'

export interface Subject {
  /** With what is special about it. */
  readonly protocol: string
  /** Puts two volumes within reach; `data` of 64 MiB holds ext4. */
  prepare(world: FakeWorld): Promise<{ readonly data: Connection; readonly other: Connection }>
  /** Steps that the timeline of an attach names, in order. */
  readonly steps: readonly string[]
  /** Takes the device of `data` away from under the library. */
  lose(world: FakeWorld): Promise<void>
  /** How many disks an attach brings to the host. */
  readonly disks: number
}
const SIZE = 64 * 1024 * 1024

interface Stage {
  readonly world: FakeWorld
  readonly attacher: Attacher
  readonly request: (id: string, more?: Partial<AttachRequest>) => AttachRequest
  readonly other: Connection
  readonly before: Leftovers
}
async function stage(subject: Subject): Promise<Stage> {
  const world = await createFakeWorld()
  const { data, other } = await subject.prepare(world)
  const before = await world.leftovers()
  const attacher = await world.attacher()
  return { world, attacher, other, before, request: (id, more) => ({ id, connection: data, policy: { multipath: 'never' }, ...more }) }
}
async function settled({ world, before }: Stage): Promise<void> {
  await world.close()
  expect(await world.leftovers()).toEqual(before)
  expect(await world.list(`${world.stateDir}/attachments`)).toEqual([])
  expect(await world.list(`${world.runDir}/claims`)).toEqual([])
  expect(await world.list('/etc/iscsi/send_targets')).toEqual([])
  expect(await world.list(`${world.runDir}/by-id`)).toEqual([])
  expect(world.host.locked).toEqual([])
  expect(world.host.users.holds).toEqual([])
  world.host.verify()
}

export function describeConnector(subject: Subject): void {
  describe(`connector ${subject.protocol}`, () => {
    test('attaches a device that is there, with its size, and leaves nothing after the detach', async () => {
      const on = await stage(subject)
      const attachment = await on.attacher.attach(on.request('one'))
      expect(attachment).toMatchObject({ id: 'one', reused: false, udevReady: true, sizeBytes: SIZE, multipath: null })
      expect(on.world.host.real(attachment.stableLink ?? '')).toBe(on.world.host.real(attachment.device))
      expect(await on.attacher.list()).toMatchObject([{ id: 'one', state: 'attached', present: true, device: attachment.device }])
      expect((await on.attacher.detach('one')).outcome).toBe('released')
      expect((await on.attacher.detach('one')).outcome).toBe('already-released')
      await settled(on)
    })

    test('names its steps in the order in which they happen', async () => {
      const on = await stage(subject)
      const { timings } = await on.attacher.attach(on.request('one'))
      expect(timings.map(({ step }) => step)).toEqual(subject.steps)
      await on.attacher.detach('one')
      await settled(on)
    })

    test('writes durably at most three times for an attach', async () => {
      const on = await stage(subject)
      const before = on.world.host.durableWrites
      await on.attacher.attach(on.request('one'))
      expect(on.world.host.durableWrites - before).toBeLessThanOrEqual(3)
      expect(on.world.host.durableWrites - before).toBeGreaterThan(0)
      await on.attacher.detach('one')
      await settled(on)
    })

    test('answers an attached volume again, in this process and in another', async () => {
      const on = await stage(subject)
      const first = await on.attacher.attach(on.request('one'))
      const again = await on.attacher.attach(on.request('one'))
      const process = await on.world.attacher()
      const elsewhere = await process.attach(on.request('one'))
      expect([again, elsewhere].map(({ reused, device, stableLink }) => ({ reused, device, stableLink }))).toEqual(
        [again, elsewhere].map(() => ({ reused: true, device: first.device, stableLink: first.stableLink })),
      )
      await on.attacher.detach('one')
      await settled(on)
    })

    test('keeps the volume until the last of its claims goes', async () => {
      const on = await stage(subject)
      await on.attacher.attach(on.request('one'))
      await on.attacher.attach(on.request('two'))
      const first = await on.attacher.detach('one')
      expect(first.kept.map(({ reason }) => reason)).toContain('another attachment uses it')
      expect((await on.world.leftovers()).disks).toHaveLength(on.before.disks.length + subject.disks)
      await on.attacher.detach('two')
      await settled(on)
    })

    test('refuses one id for two volumes', async () => {
      const on = await stage(subject)
      await on.attacher.attach(on.request('one'))
      const refused = on.attacher.attach(on.request('one', { connection: on.other }))
      await expect(refused).rejects.toMatchObject({ code: 'ERR_CONFLICT', sideEffects: 'none', volume: 'one' })
      await on.attacher.detach('one')
      await settled(on)
    })

    test('refuses a volume that is not the expected one, and puts everything back', async () => {
      const on = await stage(subject)
      const wrong = on.attacher.attach(on.request('one', { expected: { sizeBytes: SIZE + 512 } }))
      await expect(wrong).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'verify', details: { what: 'size in bytes' } })
      await settled(on)
    })

    test('asks for `expected` when the policy requires an identity', async () => {
      const on = await stage(subject)
      const asked = on.attacher.attach(on.request('one', { policy: { multipath: 'never', identity: 'require' } }))
      await expect(asked).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', details: { field: 'expected' } })
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

    test('is not taken away while it is mounted, and can be used on', async () => {
      const on = await stage(subject)
      const { device, stableLink } = await on.attacher.attach(on.request('one'))
      const mount = await on.world.mount(device)
      const refused = on.attacher.detach('one', { force: true })
      await expect(refused).rejects.toMatchObject({ code: 'ERR_HELD', details: { holders: [{ kind: 'mount', where: mount.mountPoint }] } })
      expect(on.world.host.real(stableLink ?? '')).toBe(on.world.host.real(device))
      expect(await on.attacher.inspect('one')).toMatchObject({
        state: 'attached',
        present: true,
        attachment: { device, stableLink, udevReady: true },
        holders: [{ kind: 'mount' }],
      })
      await mount.unmount()
      await on.attacher.detach('one')
      await settled(on)
    })

    test('is taken away by force from somebody who merely has it open, and says what that may cost', async () => {
      const on = await stage(subject)
      const { device } = await on.attacher.attach(on.request('one'))
      const opener = await on.world.openRaw(device)
      await expect(on.attacher.detach('one')).rejects.toMatchObject({
        code: 'ERR_HELD',
        details: { holders: [{ kind: 'process', pid: opener.pid }] },
      })
      expect(await on.attacher.detach('one', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
      await opener.close()
      await settled(on)
    })

    test('waits for a prober that has it open for a moment', async () => {
      const on = await stage(subject)
      const { device } = await on.attacher.attach(on.request('one'))
      const prober = await on.world.openRaw(device)
      const detached = on.attacher.detach('one')
      await on.world.sleep(300)
      await prober.close()
      expect(await detached).toMatchObject({ outcome: 'released', dataLossPossible: false })
      await settled(on)
    })

    test('is detached although its device is gone', async () => {
      const on = await stage(subject)
      await on.attacher.attach(on.request('one'))
      await subject.lose(on.world)
      expect(await on.attacher.list()).toMatchObject([{ id: 'one', present: false }])
      expect((await on.attacher.detach('one')).outcome).toBe('released')
      await on.world.close()
      expect(await on.world.list(`${on.world.stateDir}/attachments`)).toEqual([])
      expect((await on.world.leftovers()).sessions).toEqual([])
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

    describe('is clean, or attached and right, after a crash at any call and a recovery', () => {
      const afterCrash = async (verb: 'attach' | 'detach', call: number, moment: 'before' | 'after'): Promise<boolean> => {
        const on = await stage(subject)
        if (verb === 'detach') await on.attacher.attach(on.request('one'))
        on.world.host.crashAt(on.world.host.calls + call, moment)
        const victim = on.world.host
        const done = (verb === 'attach' ? on.attacher.attach(on.request('one')) : on.attacher.detach('one')).then(() => true)
        const finished = await Promise.race([done, died(victim)])
        if (finished) return false
        on.world.crash()
        const next = await on.world.attacher()
        const { actions } = await next.recover({ timeoutMs: 120_000 })
        expect(actions.map(({ action, reason }) => `${action}: ${reason}`).filter((line) => line.startsWith('left'))).toEqual([])
        const [left] = await next.list()
        if (left !== undefined) {
          expect(left, `${verb} ${moment} call ${call}`).toMatchObject({ state: 'attached', present: true })
          await next.attach(on.request('one'))
          await next.detach('one')
        }
        await settled({ ...on, attacher: next })
        return true
      }
      const died = async (host: FakeWorld['host']): Promise<false> => {
        while (host.alive) await new Promise((resolve) => setImmediate(resolve))
        return false
      }
      for (const verb of ['attach', 'detach'] as const) {
        for (const moment of ['before', 'after'] as const) {
          test(`${verb}, ${moment} the call`, { timeout: 60_000 }, async () => {
            let call = 1
            while (await afterCrash(verb, call, moment)) call += 1
            expect(call).toBeGreaterThan(10)
          })
        }
      }
    })
  })
}
