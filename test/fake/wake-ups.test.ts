/** Nothing polls: a named event ends each wait of an attach and of a detach over four paths. */
import { expect, test, vi } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'

async function stage() {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const sleep = world.host.clock.sleep.bind(world.host.clock)
  let ticks: number[] = []
  vi.spyOn(world.host.clock, 'sleep').mockImplementation(async (ms, signal) => {
    await sleep(ms, signal)
    if (ms > 0) ticks.push(ms) // 0 only lets the rest of the turn go first
  })
  /** The events that ended a wait since the last call, with their counts, and the sleeps that ended. */
  const woken = () => {
    const events = world.host.trace.filter(({ call }) => call === 'events.woken').map(({ subject }) => named(subject))
    const counted: Record<string, number> = {}
    for (const event of events.splice(seen)) counted[event] = (counted[event] ?? 0) + 1
    seen += Object.values(counted).reduce((sum, count) => sum + count, 0)
    const ended = ticks
    ticks = []
    return { events: counted, ticks: ended }
  }
  let seen = 0
  return { world, attacher, woken }
}
/** The last two parts of the path, without numbers. */
function named(subject: string): string {
  const [source = '', action = '', path = ''] = subject.split(' ')
  const name = path
    .split('/')
    .slice(-2)
    .join('/')
    .replaceAll(/[0-9]+/g, 'N')
    .replace(/\/sd[a-z]$/, '/sdX')
  return `${source} ${action} ${name}`
}

test('an attach over four paths, and its detach', async () => {
  const { world, attacher, woken } = await stage()
  await attacher.attach(request('one', { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' } } }))
  const attached = woken()
  expect(attached).toMatchInlineSnapshot(`
    {
      "events": {
        "kernel add block/sdX": 4,
        "kernel change block/dm-N": 1,
        "kernel change block/sdX": 1,
        "udev add block/sdX": 1,
        "udev change block/dm-N": 1,
        "udev change block/sdX": 3,
      },
      "ticks": [],
    }
  `)
  await attacher.detach('one')
  // multipathd announces nothing when it has processed udev's event for a removed disk. A query before that would be repeated after 50 ms.
  // Here it has processed the event, because the records were deleted in between.
  expect(woken()).toMatchInlineSnapshot(`
    {
      "events": {},
      "ticks": [],
    }
  `)
  await world.close()
  world.host.verify()
})
