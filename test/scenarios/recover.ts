/** An agent that has lost its files: objects that it created are removed, or assigned to it again; objects of other programs stay. */
import type { Attacher, RecoverCall } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne, truthy } from '../world/expect.js'
import type { Scenario, Story } from '../play/scenario.js'
import type { World } from '../world/world.js'

const SHARED = 'iqn.2024-01.org.example:shared'
const SHARED_PORTAL = '10.99.3.1:3260'
const OTHER = 'iqn.2024-01.org.example:other'
const OTHER_PORTAL = '10.99.4.1:3260'

async function lose(world: World, attacher: Attacher): Promise<void> {
  await attacher.close()
  await world.remove(world.stateDir)
  await world.remove(world.runDir)
}
/** Notes each action with its id, or the kind of its object. */
async function tellRecovery(story: Story, what: string, attacher: Attacher, call: RecoverCall = {}): Promise<void> {
  const { actions } = await attacher.recover(call)
  story.note(
    what,
    actions.map(({ action, id, what: thing }) => `${action} ${id ?? thing.split(' ')[0] ?? ''}`),
  )
}

export const orphans: Scenario = {
  name: 'orphans',
  title: 'state and run directory are lost: map, disks, sessions and records of ours go, and nothing of others does',
  run: async (world, story) => {
    await world.multipathd('running')
    await world.volume('data', { content: 'ext4' })
    await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
    for (const name of ['theirs', 'shared', 'ours']) await world.volume(name)
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'theirs' } })
    await world.target({ iqn: SHARED, portals: [SHARED_PORTAL], luns: { 1: 'shared' } })
    await world.foreignLogin(OTHER, OTHER_PORTAL)
    await world.foreignLogin(SHARED, SHARED_PORTAL)
    await world.mapLun(SHARED, 2, 'ours')
    const attacher = await world.attacher()
    await attachOk(story, attacher, request('two', { iqn: SHARED, portals: [SHARED_PORTAL], lun: 2 }))
    const before = await world.leftovers()
    await attachOk(story, attacher, request('one', { portals: [PORTAL, SECOND_PORTAL], policy: { multipath: 'require' } }))
    await lose(world, attacher)

    const all = await world.leftovers()
    await using next = await world.attacher()
    await tellRecovery(story, 'dry run', next, { dryRun: true })
    equal(await world.leftovers(), all, 'the host after a dry run')
    await tellRecovery(story, 'recover', next)
    equal(await world.leftovers(), before, 'what is left is theirs, and below their session')
    await tellRecovery(story, 'recover again', next)
    equal(await world.leftovers(), before, 'the host after another recovery')
    await world.foreignLogout(OTHER, OTHER_PORTAL)
    await world.foreignLogout(SHARED, SHARED_PORTAL)
    await expectClean(world, 'after the other programs left')
  },
}

export const adopt: Scenario = {
  name: 'adopt',
  title: 'state and run directory are lost: a mounted volume stays, is adopted, and can be detached once it is free',
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    const attacher = await world.attacher()
    const { device, wwid } = await attachOk(story, attacher, request('one'))
    const mounted = await world.mount(device)
    await lose(world, attacher)

    await using next = await world.attacher()
    const before = await world.leftovers()
    await tellRecovery(story, 'dry run', next, { dryRun: true })
    await tellRecovery(story, 'recover', next)
    equal(await world.leftovers(), before, 'the host with a mounted volume')
    await tellRecovery(story, 'adopt', next, { adopt: true })
    await tellRecovery(story, 'adopt again', next, { adopt: true })
    const [entry] = await next.list()
    story.note('listed', { id: entry?.id, state: entry?.state, present: entry?.present })
    truthy(entry?.device === device, 'the same device')
    const id = `adopted-${wwid ?? ''}`
    const { holders } = await next.inspect(id)
    truthy(
      holders.some(({ where }) => where === mounted.mountPoint),
      'inspect names the mount point',
    )
    await story.tell('detach while mounted', next.detach(id))
    await mounted.unmount()
    await detachOk(story, next, id)
    await expectClean(world, 'after the detach')
  },
}

export const lostJournal: Scenario = {
  name: 'lost-journal',
  title: 'only the journal is lost, or only claims and links: each is made again from the other',
  run: async (world, story) => {
    await serveOne(world)
    const attacher = await world.attacher()
    const { stableLink } = await attachOk(story, attacher, request('one'))
    await attacher.close()
    for (const directory of [world.stateDir, world.runDir]) {
      await world.remove(directory)
      await using next = await world.attacher()
      await tellRecovery(story, 'recover', next)
      story.note(
        'listed',
        (await next.list()).map(({ id, state, present }) => ({ id, state, present })),
      )
      equal((await world.list(`${world.runDir}/claims`)).length, 1, 'claims')
      truthy((await world.list(`${world.runDir}/by-id`)).includes(stableLink?.split('/').at(-1) ?? ''), 'the link is there')
    }
    await using last = await world.attacher()
    await detachOk(story, last, 'one')
    await expectClean(world, 'after the detach')
  },
}
