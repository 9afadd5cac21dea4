import { describe, expect, test } from 'vitest'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { type Scenario, Story } from '../play/scenario.js'
import { scenarios } from '../scenarios/index.js'

/** Plays the lab's scenarios over FakeHost: seconds of the host's time take milliseconds. */
async function play(scenario: Scenario): Promise<{ world: FakeWorld; noted: unknown }> {
  const world = await createFakeWorld()
  const story = new Story()
  await scenario.run(world, story)
  if (scenario.afterReboot !== undefined) {
    world.reboot()
    await scenario.afterReboot(world, story)
  }
  await world.close()
  return { world, noted: story.noted }
}

describe('over FakeHost', () => {
  for (const scenario of scenarios.filter(({ only, long }) => only === undefined && long === undefined)) {
    test(`${scenario.name}: ${scenario.title}`, async () => {
      const { world, noted } = await play(scenario)
      // The lab checks the same: without it a failure that is only noted would go unnoticed.
      expect(noted).toMatchSnapshot()
      expect(await world.leftovers()).toEqual({ sessions: [], records: [], disks: [], maps: [] })
      world.host.verify()
      expect(world.host.clock.sleeping).toBe(0)
    })
  }
})
