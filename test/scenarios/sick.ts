/** A device that doesn't answer delays only the operation that uses it. */
import type { AttachRequest, Attacher } from '../../lib/index.js'
import { isBrickworkError } from '../../lib/index.js'
import { equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { eventually } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

/** The real ports and the fake play 64 and 32 of them. An emulated guest has room for fewer. */
const SICK = 6
const DROPPED = 8
const WELL = 8
const SICK_IQN = `${IQN}-sick`
const SICK_PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260']
const WELL_PORTAL = '10.99.3.1:3260'
const DEADLINE_MS = 45_000
const WELL_DEADLINE_MS = 120_000
/** How late an answer may be after its deadline, not counting the time in which the event loop was blocked. */
const SLACK_MS = 500

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const mapped = (id: string, lun: number) =>
  request(id, { iqn: SICK_IQN, portals: SICK_PORTALS, lun, policy: { multipath: 'require', paths: { min: 2, graceMs: 6000 } } })
const well = (lun: number) => request(`well ${lun}`, { portals: [WELL_PORTAL], lun })
const dropped = (index: number) => request(`dropped ${index}`, { iqn: `${IQN}-${index}`, portals: [`10.99.4.${index}:3260`] })

/** The result of a call, or its code. @throws if the answer comes later than the deadline allows */
async function inTime(world: World, what: string, deadlineMs: number, call: Promise<unknown>): Promise<string> {
  const from = world.now()
  const code = await call.then(
    () => 'done',
    (error: unknown) => (isBrickworkError(error) ? error.code : String(error)),
  )
  const took = world.now() - from
  const late = world.lateness()
  truthy(took <= deadlineMs + SLACK_MS + late, `${what} was answered after ${Math.round(took)} ms, the event loop ${late} ms late`)
  return code
}
const attached = (world: World, attacher: Attacher, asked: AttachRequest, deadlineMs = DEADLINE_MS) =>
  inTime(world, `attach ${asked.id}`, deadlineMs, attacher.attach(asked, { timeoutMs: deadlineMs }))
const detached = (world: World, attacher: Attacher, id: string, deadlineMs = DEADLINE_MS) =>
  inTime(world, `detach ${id}`, deadlineMs, attacher.detach(id, { timeoutMs: deadlineMs }))

export const sickNeighbours: Scenario = {
  name: 'sick-neighbours',
  title: `${SICK} suspended maps, ${DROPPED} portals that drop packets and a stopped multipathd beside ${WELL} volumes: all are answered by their deadlines, and no healthy one waits for a place`,
  timeoutMs: 900_000,
  run: async (world, story) => {
    await world.multipathd('running')
    for (const lun of numbers(SICK + 1)) await world.volume(`sick-${lun}`)
    for (const lun of numbers(WELL)) await world.volume(`well-${lun}`)
    const luns = (name: string, count: number) => Object.fromEntries(numbers(count).map((lun) => [lun, `${name}-${lun}`]))
    await world.target({ iqn: SICK_IQN, portals: SICK_PORTALS, luns: luns('sick', SICK + 1) })
    await world.target({ iqn: IQN, portals: [WELL_PORTAL], luns: luns('well', WELL) })
    for (const index of numbers(DROPPED)) await world.portal(`10.99.4.${index}:3260`, 'drop')
    const counted = await world.counted()
    await using attacher = counted.attacher
    const { waits } = counted

    const goOn: (() => Promise<void>)[] = []
    for (const lun of numbers(SICK)) {
      const { multipath: map } = await attacher.attach(mapped(`sick ${lun}`, lun))
      goOn.push(await world.suspend(map?.name ?? ''))
    }
    goOn.push(await world.pauseMultipathd())
    const troubled = Promise.all([
      ...numbers(SICK).map((lun) => detached(world, attacher, `sick ${lun}`)),
      ...numbers(DROPPED).map((index) => attached(world, attacher, dropped(index))),
      attached(world, attacher, mapped('mapped', SICK + 1)),
    ])
    // An unexpected rejection is reported when the calls are awaited.
    troubled.catch(() => undefined)
    await world.sleep(2000)

    const before = waits()
    const healthy = numbers(WELL).map(async (lun) => {
      const came = await attached(world, attacher, well(lun), WELL_DEADLINE_MS)
      return [came, await detached(world, attacher, `well ${lun}`, WELL_DEADLINE_MS)]
    })
    equal(new Set((await Promise.all(healthy)).flat()), new Set(['done']), 'what came of the healthy volumes')
    equal(waits(), before, 'calls that waited for a place')

    const codes = await troubled
    story.note('the suspended', [...new Set(codes.slice(0, SICK))])
    story.note('the dropping', [...new Set(codes.slice(SICK, -1))])
    truthy(['ERR_MULTIPATH_NOT_FORMED', 'ERR_TIMEOUT'].includes(codes.at(-1) ?? ''), `a map without multipathd: ${codes.at(-1) ?? ''}`)
    for (const each of goOn) await each()
    await eventually(world, 'the former detaches have ended', async () => {
      for (const lun of numbers(SICK)) await attacher.detach(`sick ${lun}`)
      await attacher.recover()
      return Object.values(await world.leftovers()).every((each: readonly string[]) => each.length === 0)
    })
    await expectClean(world, 'in the end')
  },
}
