/** Agents take two arrays for one volume although they show two: an array was mapped wrongly before the attach. */
import type { PartialPolicy } from '../../lib/index.js'
import type { Chance } from './chance.js'
import { attachAs, look, randomAgent } from './operations.js'
import { IDS, type World } from './world.js'

/** Percentage of steps after which the second array shows another volume, and an agent attaches by both. */
const WRONG_PERCENT = 6
const MOST_AT_ONCE = 8
/** How many queries the agent makes during the attach. Its paths and these queries wait for each other's answers. */
const LOOKS = 3

/** The agent doesn't know which volume to expect. Its claims are slow to read, so that several of its calls share one answer. */
export async function wrongMappingStep(world: World, chance: Chance): Promise<void> {
  const { side, ways, multipathd, volumes } = world.layout
  const way = ways.find(({ places }) => places.length > 1)
  const place = way?.places.at(-1)
  if (way === undefined || place === undefined || multipathd === 'absent') return
  if (world.calls.size >= MOST_AT_ONCE || !chance.percent(WRONG_PERCENT)) return
  const agent = randomAgent(world, chance)
  const sizeOf = (volume: string) => world.host.storage.volumeNamed(volume).sizeBytes
  // Of the same size: a different size alone would distinguish the volumes.
  const wrong = chance.one(volumes.filter((volume) => volume !== way.volume && sizeOf(volume) === sizeOf(way.volume)))
  const free = IDS.filter((id) => world.attached.all().every((each) => each.owner !== agent?.owner || each.id !== id))
  const id = chance.one(free)
  if (agent === undefined || wrong === undefined || id === undefined) return
  world.tell(`LUN ${place.lun} of ${place.iqn}: ${wrong}, while the other array shows ${way.volume}`)
  side.point(place, wrong)
  // Changed before the attach, because changes during the attach are allowed for.
  await world.host.clock.advance(1)
  const delayMs = chance.of(20, 50, 100)
  const slow = world.host.faults.plant({ on: 'kernel.readChanged', times: 40, does: { delayMs } })
  world.plant(`claims are read within ${delayMs} ms`, 'kernel.readChanged', slow)
  const policy: PartialPolicy = {
    multipath: chance.of('require', 'prefer'),
    assemble: chance.of('direct', 'multipathd'),
    ready: chance.of('udev', 'kernel'),
  }
  void attachAs(world, agent, id, way, 20_000, policy)
  for (let looks = 0; looks < LOOKS; looks++) void look(world, agent, chance)
}
