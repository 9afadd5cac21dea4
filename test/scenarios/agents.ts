/** Several processes on one host. */
import type { AttachRequest } from '../../lib/index.js'
import { Hustle, type Shelf } from '../play/crowd.js'
import { equal, expectClean } from '../world/expect.js'
import { chance } from '../play/random.js'
import type { Scenario, Story } from '../play/scenario.js'
import { seed } from '../play/seed.js'
import type { World } from '../world/world.js'

const OWNERS = ['ann', 'ben']
const PROCESSES = 2
const TARGETS = ['iqn.2024-01.org.example:first', 'iqn.2024-01.org.example:second']
const PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260']
const LUNS = [1, 2, 3, 4]

async function fill(world: World): Promise<Shelf[]> {
  const shelves: Shelf[] = []
  for (const [index, iqn] of TARGETS.entries()) {
    const names = LUNS.map((lun) => `${index === 0 ? 'first' : 'second'}-${lun}`)
    for (const name of names) await world.volume(name, { sizeMb: 16 })
    await world.target({ iqn, portals: PORTALS, luns: Object.fromEntries(LUNS.map((lun, place) => [lun, names[place] ?? ''])) })
    for (const [place, lun] of LUNS.entries())
      shelves.push({
        volume: names[place] ?? '',
        connection: { protocol: 'iscsi', targets: PORTALS.map((portal) => ({ portal, iqn, lun })) },
      })
  }
  return shelves
}

async function play(world: World, story: Story, operations: number, policy: AttachRequest['policy']): Promise<void> {
  const hustle = new Hustle(world, await fill(world), policy)
  const agents = await Promise.all(
    OWNERS.flatMap((owner) =>
      Array.from({ length: PROCESSES }, async () => ({
        owner,
        agent: await world.agent({ owner, stateDir: `${world.stateDir}-${owner}` }),
      })),
    ),
  )
  let over = false
  const watching = hustle.watch(TARGETS, PORTALS.length, () => over)
  try {
    await Promise.all(agents.map(({ agent, owner }, index) => hustle.work(agent, owner, operations, chance(seed + index))))
    for (const { agent } of agents) await hustle.leave(agent)
  } finally {
    over = true
    await watching
  }
  await expectClean(world, 'when all have gone')
  for (const owner of OWNERS) equal(await world.list(`${world.stateDir}-${owner}/attachments`), [], `the journal of ${owner}`)
  equal(await world.list(`${world.runDir}/claims`), [], 'claims')
  for (const { agent } of agents) await agent.kill()
  if (world.kind === 'real') console.log(`     ${[...hustle.answers].map(([what, count]) => `${what} ${count}`).join(', ')}`)
  story.note(
    'operations',
    [...hustle.answers.values()].reduce((sum, count) => sum + count, 0),
  )
}

const single = { multipath: 'never' } as const
const mapped = { multipath: 'prefer', paths: { min: 'all' } } as const
const agents = (name: string, operations: number, policy: typeof single | typeof mapped, more: Partial<Scenario> = {}): Scenario => ({
  name,
  title: `4 processes of 2 owners, ${operations} operations each over the same 8 ${policy === mapped ? 'maps' : 'volumes'}: nobody takes another's`,
  run: async (world, story) => {
    if (policy === mapped) await world.multipathd('running')
    await play(world, story, operations, policy)
  },
  ...more,
})
export const agentsFew = agents('agents', 8, single, { timeoutMs: 900_000 })
export const agentsMaps = agents('agents-maps', 4, mapped, { timeoutMs: 900_000 })
export const agentsLong = agents('agents-long', 50, single, { long: true, timeoutMs: 3_600_000 })
export const agentsMapsLong = agents('agents-maps-long', 50, mapped, { long: true, timeoutMs: 3_600_000 })
