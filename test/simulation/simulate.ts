/** Plays one world from its seed: a number of steps, with all invariants checked after each. */
import { Chance } from './chance.js'
import { checkInvariants } from './invariants.js'
import { guestStep } from './guest-steps.js'
import { healStep } from './heals.js'
import { type Oddities, oddStep } from './oddities.js'
import { settle } from './settlement.js'
import { step } from './steps.js'
import { Violation } from './violation.js'
import { World } from './world.js'
import { wrongMappingStep } from './wrong-mapping.js'

const EPOCH = 30

export interface Outcome {
  readonly seed: number
  /** The number of steps played. */
  readonly ops: number
  readonly calls: number
  readonly failed: number
  readonly deaths: number
  readonly boots: number
  readonly virtualMs: number
  readonly digest: string
  /** How many maps of volumes, and how many disks in sessions, other programs have had that agents use. */
  readonly others: { readonly maps: number; readonly disks: number }
  readonly oddities: Oddities
  readonly outcomes: ReadonlyMap<string, number>
  readonly failure: { readonly invariant: string; readonly message: string; readonly story: readonly string[] } | undefined
}

/** @param chosen the steps to play, of those below `ops`; default all */
export async function simulate(seed: number, ops: number, chosen: (index: number) => boolean = () => true): Promise<Outcome> {
  const world = new World(new Chance(seed, -1), seed)
  let made = 0
  let failure: Outcome['failure']
  try {
    for (const agent of world.agents) await world.open(agent)
    for (let index = 0; index < ops; index++) {
      made = index + 1
      if (chosen(index)) {
        await step(world, new Chance(seed, index))
        await guestStep(world, new Chance(seed, index + 0x20000))
        await wrongMappingStep(world, new Chance(seed, index + 0x40000))
        oddStep(world, new Chance(seed, index + 0x50000))
        healStep(world, new Chance(seed, index + 0x60000))
        checkInvariants(world)
      }
      if (made % EPOCH === 0 || made === ops) await settle(world, new Chance(seed, index + 0x10000), new Chance(seed, index + 0x30000))
    }
  } catch (error) {
    const { invariant, message } =
      error instanceof Violation ? error : { invariant: 'the simulation itself', message: String((error as Error).stack) }
    world.tell(`VIOLATION of "${invariant}": ${message}`)
    failure = { invariant, message, story: world.story.last(60) }
  }
  const { calls, deaths, boots, story } = world
  return {
    seed,
    ops: made,
    calls: calls.answered,
    failed: calls.failed,
    deaths,
    boots,
    virtualMs: world.now,
    digest: story.digest(),
    others: world.guests.had,
    oddities: world.oddities,
    outcomes: calls.outcomes,
    failure,
  }
}
