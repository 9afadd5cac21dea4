/** A process that dies at a call of attach or detach, and the recovery after it. test/crash plays all calls of maps. */
import { describe, expect } from 'vitest'
import { clausesOf } from './clauses.js'
import { MAPS, mapStage, settled, stage, type Stage } from './stage.js'
import type { Subject } from './subject.js'

/** An operation on a map makes a few hundred calls. The suite plays every seventh. */
const EACH_OF_MAP = 7

export function crashClauses(subject: Subject): void {
  describe(`connector ${subject.name}`, () => {
    describe('is clean, or attached and right, after a crash at any call and a recovery', () => {
      const test = clausesOf(subject, 'after a crash at any call')
      for (const verb of ['attach', 'detach'] as const) {
        for (const moment of ['before', 'after'] as const) {
          test(`${verb}, ${moment} the call`, async () => {
            expect(await crashAtEach(() => stage(subject), verb, moment, 1)).toBeGreaterThan(10)
          })
        }
        test(`map, ${verb}, at each seventh call`, async () => {
          const begin = () => mapStage(subject, MAPS['map by multipathd'])
          expect(await crashAtEach(begin, verb, 'after', EACH_OF_MAP)).toBeGreaterThan(10)
        })
      }
    })
  })
}

type Verb = 'attach' | 'detach'
/** Returns the first call number that the verb does not reach. */
async function crashAtEach(begin: () => Promise<Stage>, verb: Verb, moment: 'before' | 'after', each: number): Promise<number> {
  let call = 1
  while (await afterCrash(await begin(), verb, call, moment)) call += each
  return call
}

async function afterCrash(on: Stage, verb: Verb, call: number, moment: 'before' | 'after'): Promise<boolean> {
  if (verb === 'detach') await on.attacher.attach(on.request('one'))
  const victim = on.world.host
  victim.crashAt(victim.calls + call, moment)
  const done = (verb === 'attach' ? on.attacher.attach(on.request('one')) : on.attacher.detach('one')).then(() => true)
  if (await Promise.race([done, victim.died.then(() => false)])) return false
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
