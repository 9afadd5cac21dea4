import { describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAttacher } from '../../lib/index.js'
import { checkFailure, documentedDetails, notingFailures } from '../world/fake/checked-failures.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { type Scenario, Story } from '../play/scenario.js'
import { scenarios } from '../scenarios/index.js'

const details = documentedDetails(readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8'))

/** Plays the lab's scenarios over FakeHost: seconds of the host's time take milliseconds. */
async function play(scenario: Scenario): Promise<{ world: FakeWorld; noted: unknown; failures: readonly unknown[] }> {
  const failures: unknown[] = []
  const world = await createFakeWorld({ nvme: '6.1' }, async (options) =>
    notingFailures(await createAttacher(options), (error) => failures.push(error)),
  )
  const story = new Story()
  await scenario.run(world, story)
  if (scenario.afterReboot !== undefined) {
    world.reboot()
    await scenario.afterReboot(world, story)
  }
  await world.close()
  return { world, noted: story.noted, failures }
}

describe('over FakeHost', () => {
  for (const scenario of scenarios.filter(({ only, long }) => only === undefined && long === undefined)) {
    test(`${scenario.name}: ${scenario.title}`, async () => {
      const { world, noted, failures } = await play(scenario)
      // The lab checks the same: without it a failure that is only noted would go unnoticed.
      expect(noted).toMatchSnapshot()
      expect(await world.leftovers()).toEqual({ sessions: [], records: [], disks: [], maps: [] })
      for (const failure of failures) checkFailure(failure, details)
      world.host.verify()
      expect(world.host.clock.sleeping).toBe(0)
    })
  }
})
