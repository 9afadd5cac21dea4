/** Requirements on a volume with two paths as a map, for each way to create it. */
import { describe, expect } from 'vitest'
import { abortAt, inspected } from '../../world/expect.js'
import { clausesOf } from './clauses.js'
import { expectAttached, MAPS, mapStage, pathsOf, setSecondPath, settled } from './stage.js'
import type { Subject } from './subject.js'

/** After this time a restored path has joined, and multipathd has checked every path. */
const BACK_MS = 30_000

export function mapClauses(subject: Subject): void {
  // Without paths no clause is applicable, and vitest rejects a suite without tests.
  const suite = subject.paths === undefined ? describe.skip : describe
  suite(`connector ${subject.name}`, () => {
    for (const [kind, policy] of Object.entries(MAPS)) {
      suite(kind, () => {
        const test = clausesOf(subject, kind)

        test('has both paths, leads to the volume, and leaves nothing after the detach', async () => {
          const on = await mapStage(subject, { ...policy, paths: { min: 'all' } })
          const { device, multipath, paths, degraded } = await on.attacher.attach(on.request('one'))
          expect(paths.map(({ label }) => label).sort()).toEqual([...pathsOf(subject).labels].sort())
          expect([multipath?.device, degraded]).toEqual([device, false])
          expect(on.world.host.volumesBehind(device)).toEqual(['data', 'data'])
          expect(on.world.host.trace.some(({ call }) => call === 'kernel.createMap')).toBe('assemble' in policy)
          await expectAttached(on, 2)
          expect(await on.attacher.attach(on.request('one'))).toMatchObject({ reused: true, device })
          expect(await on.attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [], dataLossPossible: false })
          await settled(on, { removed: 2 })
        })

        test('is degraded while a path is down, and goes while it is', async () => {
          const on = await mapStage(subject, policy)
          const { labels } = pathsOf(subject)
          await setSecondPath(on, false)
          const { paths, degraded } = await on.attacher.attach(on.request('one'))
          expect([paths.map(({ label }) => label), degraded]).toEqual([[labels[0]], true])
          expect((await on.attacher.detach('one')).outcome).toBe('released')
          await settled(on, { removed: 1 })
        })

        test('gets a path that comes up late', async () => {
          const on = await mapStage(subject, policy)
          const { labels } = pathsOf(subject)
          await setSecondPath(on, false)
          const { device } = await on.attacher.attach(on.request('one'))
          await setSecondPath(on, true)
          await on.world.sleep(BACK_MS)
          expect(on.world.host.volumesBehind(device)).toEqual(['data', 'data'])
          expect((await inspected(on.attacher, 'one')).paths.map(({ label }) => label).sort()).toEqual([...labels].sort())
          expect(await on.attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
          await settled(on, { removed: 2 })
        })

        test('gets a path by a heal that was down until its attach had given it up, and loses none by it', async () => {
          const on = await mapStage(subject, policy)
          const { labels } = pathsOf(subject)
          await setSecondPath(on, false)
          const { device } = await on.attacher.attach(on.request('one'), { timeoutMs: 5000 })
          await on.world.sleep(BACK_MS)
          const first = await on.attacher.heal('one')
          expect(first.attachments[0]?.paths.map(({ path, action }) => `${path} ${action}`)).toEqual([
            `${labels[0]} already`,
            `${labels[1]} failed`,
          ])
          expect((await inspected(on.attacher, 'one')).paths.map(({ label }) => label)).toEqual([labels[0]])
          await setSecondPath(on, true)
          const second = await on.attacher.heal('one')
          expect(second.attachments[0]?.paths.map(({ path, action }) => `${path} ${action}`)).toEqual([
            `${labels[0]} already`,
            expect.stringMatching(`${labels[1]} (added|already)`) as string,
          ])
          expect(on.world.host.volumesBehind(device)).toEqual(['data', 'data'])
          expect(await inspected(on.attacher, 'one')).toMatchObject({ degraded: false, device })
          expect(await on.attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
          await settled(on, { removed: 2 })
        })

        test('refuses fewer paths than the policy asks for, and puts everything back', async () => {
          const on = await mapStage(subject, { ...policy, paths: { min: 'all' } })
          await setSecondPath(on, false)
          const refused = on.attacher.attach(on.request('one'), { timeoutMs: 20_000 })
          await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(MULTIPATH_NOT_FORMED|TIMEOUT)$/) as string })
          await settled(on)
        })

        test('tells when a path fails and when it is back', async () => {
          const on = await mapStage(subject, { ...policy, paths: { min: 'all' } })
          const told: string[] = []
          const ended = (async () => {
            for await (const { health, active, named } of on.attacher.watch()) told.push(`${health} ${active}/${named}`)
          })()
          await on.attacher.attach(on.request('one'))
          await setSecondPath(on, false)
          await on.world.sleep(BACK_MS)
          await setSecondPath(on, true)
          await on.world.sleep(BACK_MS)
          expect(told).toEqual(['one-path 1/2', 'healthy 2/2'])
          await on.attacher.detach('one')
          await settled(on, { removed: 2 })
          await ended
        })

        test('is put back when the caller aborts, at each step', async () => {
          const first = await mapStage(subject, policy)
          const { timings } = await first.attacher.attach(first.request('one'))
          await first.attacher.detach('one')
          await settled(first, { removed: 2 })
          for (const step of new Set(timings.map((each) => each.step))) {
            const on = await mapStage(subject, policy)
            const signal = abortAt(on.attacher, step)
            const outcome = await on.attacher.attach(on.request('one'), { signal }).catch((error: unknown) => error)
            expect(signal.aborted, step).toBe(true)
            if (step === 'commit' && !(outcome instanceof Error)) await on.attacher.detach('one')
            else expect(outcome, step).toMatchObject({ code: 'ERR_ABORTED', volume: 'one' })
            await settled(on)
          }
        })
      })
    }
  })
}
