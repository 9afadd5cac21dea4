import type { Chance } from '../play/random.js'
import type { Daemon, World } from '../world/world.js'
import type { Report } from './report.js'

const DAEMONS: readonly Daemon[] = ['iscsid', 'multipathd', 'udevd']
const QUIET_MS = 6000
const LONGEST_MS = 12_000

/** Causes one fault after another and ends each again, until it is over. */
export async function makeTrouble(
  world: World,
  portals: readonly string[],
  random: Chance,
  over: () => boolean,
  report: Report,
): Promise<void> {
  while (!over()) {
    await world.sleep(1000 + random.below(QUIET_MS))
    const forMs = 500 + random.below(LONGEST_MS)
    if (random.below(3) > 0) await troublePortal(world, random.one(portals), random.one(['drop', 'refuse', 'mute']), forMs, report)
    else await troubleDaemon(world, random.one(DAEMONS), forMs, report)
  }
}
async function troublePortal(
  world: World,
  portal: string,
  state: 'drop' | 'refuse' | 'mute',
  forMs: number,
  report: Report,
): Promise<void> {
  report.count(`a portal: ${state}`)
  say(world, `${portal} ${state}, for ${forMs} ms`)
  await world.portal(portal, state)
  await world.sleep(forMs)
  await world.portal(portal, 'open')
}
async function troubleDaemon(world: World, daemon: Daemon, forMs: number, report: Report): Promise<void> {
  report.count(`${daemon} killed`)
  say(world, `${daemon} killed, for ${Math.round(forMs / 4)} ms`)
  await world.daemon(daemon, 'killed')
  await world.sleep(forMs / 4)
  await world.daemon(daemon, 'started')
}

/** Prints an event with its time, to compare it with the times in the library's output. */
function say(world: World, what: string): void {
  console.log(`     at ${world.now()} ms: ${what}`)
}
