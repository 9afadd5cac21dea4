/** Effects beyond one attacher: other owners, other processes, another boot, another size. */
import { describe, expect } from 'vitest'
import { clausesOf } from './clauses.js'
import { expectAttached, MAPS, mapStage, MIB, settled, stage, type Stage } from './stage.js'
import type { Subject } from './subject.js'

const OTHER = { owner: 'other', stateDir: '/var/lib/other' }

export function lastingClauses(subject: Subject): void {
  const test = clausesOf(subject)
  describe(`connector ${subject.name}`, () => {
    test('two owners share the volume, and it goes with the last of them', async () => {
      await ownersShare(await stage(subject), 1)
    })
    test('two owners share the map, and it goes with the last of them', async () => {
      await ownersShare(await mapStage(subject, MAPS['map by multipathd']), 2)
    })

    test('what is attached outlives its process: the next one keeps and detaches it', async () => {
      const on = await stage(subject)
      const { device } = await on.attacher.attach(on.request('one'))
      on.world.crash()
      const next = await on.world.attacher()
      expect((await next.recover()).actions).toMatchObject([{ id: 'one', action: 'kept' }])
      expect(await next.attach(on.request('one'))).toMatchObject({ reused: true, device })
      await next.detach('one')
      await settled(on, { removed: 1 })
    })

    test('after a reboot a recovery forgets what was attached, and it can be attached again', async () => {
      const on = await stage(subject)
      await on.attacher.attach(on.request('one'))
      on.world.reboot()
      subject.booted?.(on.world)
      await on.world.sleep(5000)
      const next = await on.world.attacher()
      expect((await next.recover()).actions).toMatchObject([{ id: 'one', action: 'forgotten' }])
      expect(await next.list()).toEqual([])
      expect(await next.attach(on.request('one'))).toMatchObject({ reused: false })
      await next.detach('one')
      await settled(on, { removed: 1 })
    })

    test('a single path grows', async () => {
      await grows(await stage(subject))
    })
    test('a map grows with its paths', async () => {
      await grows(await mapStage(subject, MAPS['map by multipathd']))
    })
  })
}

async function ownersShare(on: Stage, paths: number): Promise<void> {
  const other = await on.world.attacher(OTHER)
  const [mine, theirs] = await Promise.all([on.attacher.attach(on.request('one')), other.attach(on.request('two'))])
  expect(theirs.device).toBe(mine.device)
  expect((await on.attacher.detach('one')).kept.map(({ reason }) => reason)).toContain('another attachment uses it')
  await expectAttached(on, paths)
  expect(await other.inspect('two')).toMatchObject({ state: 'attached', present: true })
  await other.detach('two')
  expect(await on.world.list(`${OTHER.stateDir}/attachments`)).toEqual([])
  await settled(on, { removed: paths })
}
async function grows(on: Stage): Promise<void> {
  await on.attacher.attach(on.request('one'))
  await on.world.resizeVolume('data', 96)
  const report = await on.attacher.resize('one', { sizeBytes: 96 * MIB })
  expect(report).toMatchObject({ beforeBytes: 64 * MIB, sizeBytes: 96 * MIB })
  expect(report.layers.every(({ afterBytes }) => afterBytes === 96 * MIB)).toBe(true)
  await on.attacher.detach('one')
  await settled(on)
}
