/** Two arrays that agents take for one volume show two: one was mapped wrongly before the attach. */
import type { PartialPolicy } from '../../lib/index.js'
import type { Chance } from './chance.js'
import { attachAs, look, randomAgent } from './operations.js'
import { IDS, type World } from './world.js'

/** Share of steps after which the second array shows another volume, and somebody attaches by both. */
const WRONG_PERCENT = 6
const MOST_AT_ONCE = 8
/** How often the agent looks around meanwhile: its paths and these looks wait for one another's answers. */
const LOOKS = 3

/** The agent doesn't know which volume to expect. Its claims are slow to read, so that several of its calls get one answer. */
export async function wrongMappingStep(world: World, chance: Chance): Promise<void> {
  const { side, ways, multipathd, volumes } = world.layout
  const way = ways.find(({ places }) => places.length > 1)
  const place = way?.places.at(-1)
  if (way === undefined || place === undefined || multipathd === 'absent') return
  if (world.calls.size >= MOST_AT_ONCE || !chance.percent(WRONG_PERCENT)) return
  const agent = randomAgent(world, chance)
  const sizeOf = (volume: string) => world.host.storage.volumeNamed(volume).sizeBytes
  // By their sizes alone others can be told apart.
  const wrong = chance.one(volumes.filter((volume) => volume !== way.volume && sizeOf(volume) === sizeOf(way.volume)))
  const free = IDS.filter((id) => world.attached.all().every((each) => each.owner !== agent?.owner || each.id !== id))
  const id = chance.one(free)
  if (agent === undefined || wrong === undefined || id === undefined) return
  world.tell(`LUN ${place.lun} of ${place.iqn}: ${wrong}, while the other array shows ${way.volume}`)
  side.point(place, wrong)
  // Before the attach: what is changed during it is not held against it.
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
