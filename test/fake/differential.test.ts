import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { brickworkParty } from '../differential/brickwork-party.js'
import { compare } from '../differential/compare.js'
import type { Observation } from '../differential/player.js'
import { playBy } from '../differential/situation.js'
import { createFakeWorld } from '../world/fake/world.js'
import { situations } from '../differential/situations/index.js'

/**
 * os-brick's results in the lab, written by `npm run differential`. docs/evidence/differential.md lists situations that were not played
 * yet.
 */
const recorded = JSON.parse(readFileSync(new URL('../differential/recorded.json', import.meta.url), 'utf8')) as Record<
  string,
  readonly Observation[]
>

describe('Brickwork over FakeHost, compared with what os-brick came to', () => {
  test('at least 25 situations were played', () => {
    expect(Object.keys(recorded).length).toBeGreaterThanOrEqual(25)
    expect(Object.keys(recorded).filter((name) => !situations.some((each) => each.name === name))).toEqual([])
  })
  for (const situation of situations) {
    const osBrick = recorded[situation.name]
    if (osBrick === undefined) continue
    test(`${situation.name}: ${situation.title}`, async () => {
      const world = await createFakeWorld()
      const brickwork = await playBy(await brickworkParty(world), situation, world)
      expect(compare(osBrick, brickwork, situation.differs ?? {}).problems).toEqual([])
      await world.close()
      world.host.verify()
    })
  }
})
