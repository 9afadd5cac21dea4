/** The places where scenarios are played: the guest, or FakeHost. */
import type { FakeWorld } from '../world/fake/world.js'
import { type Played, play, within } from './play.js'
import type { Outcome, Scenario } from './scenario.js'
import { Timeline } from './timeline.js'

export interface Stage {
  /** Plays the due phases one after another, and reports each as soon as it ends. */
  play(scenario: Scenario, told: (played: Played, diagnosis: string) => void): Promise<void>
}

const RESET_MS = 180_000
const CLOSE_MS = 30_000

/** The guest, reset after each scenario. `afterReboot`: the guest is in its second boot. */
export async function realStage(afterReboot: boolean): Promise<Stage> {
  const { requireGuest, diagnosis } = await import('../world/real/guest.js')
  requireGuest()
  const { RealWorld } = await import('../world/real/world.js')
  const carry = await import('../world/real/carry.js')
  let timeline = new Timeline()
  const log = { debug: () => undefined, warn: (fields: object, message: string) => timeline.log.warn({ ...fields }, message) }
  const world = await RealWorld.start(log)
  await world.reset()
  return {
    async play(scenario, told) {
      timeline = new Timeline()
      if (afterReboot) await carry.bringBack(scenario.name)
      const played = await play(world, scenario, afterReboot ? 'afterReboot' : 'run', timeline)
      if (!afterReboot && scenario.afterReboot !== undefined) await carry.putAside(scenario.name, timeline.stateDirs)
      told(played, played.outcome.ok ? '' : await diagnosis())
      await within(CLOSE_MS, 'closing the attachers of the scenario', timeline.close()).catch((error: unknown) =>
        console.log(`     ${String(error)}`),
      )
      await within(RESET_MS, 'putting the guest in order', world.reset())
    },
  }
}

/** A new machine for each scenario. It is rebooted where the guest is. */
export async function fakeStage(): Promise<Stage> {
  const { createFakeWorld } = await import('../world/fake/world.js')
  const phase = async (world: FakeWorld, scenario: Scenario, name: Outcome['phase'], told: (played: Played, diagnosis: string) => void) => {
    const played = await play(world, scenario, name)
    told(played, '')
  }
  return {
    async play(scenario, told) {
      // As in the guest, whose kernel has the driver.
      const world = await createFakeWorld({ nvme: '6.1' })
      await phase(world, scenario, 'run', told)
      if (scenario.afterReboot === undefined) return
      world.reboot()
      await phase(world, scenario, 'afterReboot', told)
    },
  }
}
