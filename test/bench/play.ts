/** One round of one party: attach, check, detach, check. */
import type { World } from '../world/world.js'
import { check, clean, isDirect, pathsOf, portalsOf, type Served } from './host.js'
import type { Party } from './parties.js'
import type { Report, FreshReport } from './party/protocol.js'
import { disturbance, figuresOf, type Round, spread } from './result.js'
import type { Row } from './row.js'
import type { Stopwatch, Timed } from './stopwatch.js'

export interface Stage {
  readonly world: World
  readonly stopwatch: Stopwatch
  readonly row: Row
  readonly served: Served
}
export interface Extras {
  readonly loop: boolean
  readonly profile: string | undefined
}
export interface Played {
  readonly round: Round
  readonly report: Report
}

export async function play(stage: Stage, party: Party, extras: Extras): Promise<Played> {
  const { world, row } = stage
  const [portal = ''] = portalsOf(row)
  if (row.portal !== undefined) await world.portal(portal, row.portal)
  const timed = await attach(stage, party, extras)
  const takenOver = isTakenOver(stage, party, timed)
  const report = await party.report(stage.stopwatch)
  if (row.missing === undefined) await check(world, row, party.name, volumesIn(stage.served))
  const detach = row.missing === undefined ? await detached(stage, party) : undefined
  if (row.portal !== undefined) await world.portal(portal, 'open')
  await clean(world, party.name)
  const volumes = spread(report.volumes)
  const disturbed = disturbance(timed)
  const [, fresh] = timed.answer.split(' ')
  const round: Round = {
    attach: figuresOf(timed),
    ...(detach === undefined ? {} : { detach: figuresOf(detach) }),
    ...(volumes === undefined ? {} : { volumes }),
    ...(takenOver ? { takenOver } : {}),
    ...(fresh === undefined ? {} : { importMs: (JSON.parse(fresh) as FreshReport).importUs / 1000 }),
    ...(disturbed === undefined ? {} : { disturbed }),
  }
  return { round, report }
}
const volumesIn = ({ storm, before }: Served) => storm.length + before.length

async function attach({ stopwatch, row, served: { storm, before } }: Stage, party: Party, extras: Extras): Promise<Timed> {
  const { name, argv, freshOf } = party
  if (freshOf !== undefined) return await stopwatch.timeFresh(name, JSON.stringify({ volumes: storm, row }), pathsOf(row), argv)
  if (before.length > 0) {
    await party.prepare(stopwatch, { volumes: before, row })
    await stopwatch.tell(name, 'go')
    await party.report(stopwatch)
  }
  await party.prepare(stopwatch, { volumes: storm, row, ...extras })
  return await stopwatch.time(name, 'go', row.multipath ? pathsOf(row) : 0)
}

/** @throws unless everything was there at the tick of the answer, by sysfs */
function isTakenOver({ row, served }: Stage, { name }: Party, { seen }: Timed): boolean {
  if (row.missing !== undefined) return false
  const volumes = volumesIn(served)
  if ((row.multipath ? seen.liveMaps : seen.disks) === volumes) return false
  if (isDirect(name) && seen.maps === volumes) return true
  throw new Error(`${name} answered with ${seen.liveMaps} live maps of ${seen.maps} and ${seen.disks} disks for ${volumes} volumes`)
}

/** `undefined`: what the party did was removed by hand. */
async function detached({ stopwatch, row, served: { storm, before } }: Stage, party: Party): Promise<Timed | undefined> {
  if (party.remove !== undefined) {
    await party.remove()
    return undefined
  }
  const name = party.freshOf ?? party.name
  if (party.freshOf !== undefined) await stopwatch.tell(name, JSON.stringify({ volumes: storm, row }))
  const timed = await stopwatch.time(name, 'detach', 0)
  if (before.length > 0) {
    await stopwatch.tell(name, JSON.stringify({ volumes: before, row }))
    await stopwatch.tell(name, 'detach')
  }
  return party.freshOf === undefined ? timed : undefined
}
