/** Requirements on an attach over a single path, and on its detach. */
import { describe, expect } from 'vitest'
import { clausesOf } from './clauses.js'
import { expectAttached, settled, SIZE, stage } from './stage.js'
import type { Subject } from './subject.js'

export function attachClauses(subject: Subject): void {
  const test = clausesOf(subject)
  describe(`connector ${subject.name}`, () => {
    test('attaches a device that is there, with its size, and leaves nothing after the detach', async () => {
      const on = await stage(subject)
      const attachment = await on.attacher.attach(on.request('one'))
      expect(attachment).toMatchObject({ id: 'one', reused: false, udevReady: true, sizeBytes: SIZE, multipath: null })
      expect(on.world.host.real(attachment.stableLink ?? '')).toBe(on.world.host.real(attachment.device))
      expect(await on.attacher.list()).toMatchObject([{ id: 'one', state: 'attached', present: true, device: attachment.device }])
      await expectAttached(on, 1)
      expect((await on.attacher.detach('one')).outcome).toBe('released')
      expect((await on.attacher.detach('one')).outcome).toBe('already-released')
      await settled(on, { removed: 1 })
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
      await expectAttached(on, 1)
      await on.attacher.detach('two')
      await settled(on, { removed: 1 })
    })

    test('refuses one id for two volumes', async () => {
      const on = await stage(subject)
      await on.attacher.attach(on.request('one'))
      const refused = on.attacher.attach(on.request('one', { connection: on.other }))
      await expect(refused).rejects.toMatchObject({ code: 'ERR_CONFLICT', sideEffects: 'none', volume: 'one' })
      await on.attacher.detach('one')
      await settled(on)
    })

    test('takes no writes when it is attached to be read, and is shared with nobody who writes', async () => {
      const on = await stage(subject)
      const reads = { multipath: 'never', access: 'ro' } as const
      const isReadOnly = (device: string) => on.world.host.text(`/sys/class/block/${device.slice('/dev/'.length)}/ro`) === '1'
      const { device, readOnly } = await on.attacher.attach(on.request('one', { policy: reads }))
      expect([readOnly, isReadOnly(device)]).toEqual([true, true])
      await expect(on.attacher.attach(on.request('two'))).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
      await on.attacher.attach(on.request('two', { policy: reads }))
      await on.attacher.detach('one')
      expect(isReadOnly(device)).toBe(true)
      await on.attacher.detach('two')
      const again = await on.attacher.attach(on.request('one'))
      expect([again.readOnly, isReadOnly(again.device)]).toEqual([false, false])
      await expect(on.attacher.attach(on.request('two', { policy: reads }))).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
      await on.attacher.detach('one')
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
  })
}
