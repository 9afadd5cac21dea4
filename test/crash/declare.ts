/** All crash points, enumerated. `npm test` plays them, `npm run check` does not. Each family of transports has a file, so that they run side by side. */
import { describe, expect, test } from 'vitest'
import { crashEverywhere, crashInRecoveryEverywhere, MOMENTS, type Stage, type Verb } from './enumerate.js'

/** Declares the tests of each stage: a death at every call of each verb, and at every call of the recovery after it. */
export function enumerateCrashes(stages: Readonly<Record<string, Stage>>): void {
  for (const [name, stage] of Object.entries(stages)) {
    describe(name, () => {
      const verbs: readonly Verb[] = stage.secondPath === undefined ? ['attach', 'detach'] : ['attach', 'detach', 'heal']
      for (const verb of verbs) {
        for (const moment of MOMENTS) {
          test(`${verb}: clean, or attached and right, after a death ${moment} each call`, async () => {
            expect(await crashEverywhere(stage, verb, moment)).toBeGreaterThan(10)
          })
          test(`recovery of a ${verb}: the same after a death ${moment} each of its calls`, async () => {
            const { states, calls } = await crashInRecoveryEverywhere(stage, verb, moment)
            expect(states).toBeGreaterThan(1)
            expect(calls).toBeGreaterThan(10)
          })
        }
      }
    })
  }
}
