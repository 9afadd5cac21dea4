import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne, truthy } from '../world/expect.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const TIMES = 50
export const fileSystemSeen: Scenario = {
  name: 'fstype',
  title: `lsblk sees the file system in the tick of the answer, ${TIMES} times`,
  timeoutMs: 420_000,
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    await using attacher = await world.attacher()
    const seen: string[] = []
    for (let time = 0; time < TIMES; time++) {
      const { device } = await attacher.attach(request('one'))
      seen.push(await world.fsType(device))
      await attacher.detach('one')
    }
    equal(
      seen,
      Array.from({ length: TIMES }, () => 'ext4'),
      'what lsblk said',
    )
    story.note('file systems seen', seen.length)
    await expectClean(world, 'after the last detach')
  },
}

const OTHER = 'iqn.2024-01.org.example:other'
export const reboot: Scenario = {
  name: 'reboot',
  title: 'the journal of one boot, recovered in the next, where session 1 is somebody else’s',
  run: async (world, story) => {
    await serveOne(world)
    const attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    story.note('journal entries before the reboot', (await world.list(`${world.stateDir}/attachments`)).length)
    await attacher.close()
  },
  afterReboot: async (world, story) => {
    await serveOne(world)
    await world.volume('theirs')
    await world.target({ iqn: OTHER, portals: ['10.99.3.1:3260'], luns: { 1: 'theirs' } })
    const session = await world.foreignLogin(OTHER, '10.99.3.1:3260')
    const before = await world.leftovers()
    await using attacher = await world.attacher()
    story.note('session', session)
    story.note(
      'dry run',
      (await attacher.recover({ dryRun: true })).actions.map(({ action }) => action),
    )
    equal(await world.leftovers(), before, 'the host after a dry run')
    story.note(
      'recover',
      (await attacher.recover()).actions.map(({ action }) => action),
    )
    story.note(
      'recover again',
      (await attacher.recover()).actions.map(({ action }) => action),
    )
    equal(
      await world.leftovers(),
      { sessions: [`${OTHER} 10.99.3.1:3260`], records: [`${OTHER} 10.99.3.1:3260`], disks: [`${OTHER} 1`], maps: [] },
      'what is left is theirs',
    )
    await attachOk(story, attacher, request('one'), 'attach in the new boot')
    await detachOk(story, attacher, 'one')
    await world.foreignLogout(OTHER, '10.99.3.1:3260')
  },
}

const THIRD = 'iqn.2024-01.org.example:third'
const BOTH = [PORTAL, SECOND_PORTAL]
const OWNERS = [
  { owner: 'ann', id: 'one', lun: 1 },
  { owner: 'ben', id: 'two', lun: 2 },
]
const mapOf = (id: string, lun: number, iqn = IQN) => request(id, { iqn, lun, portals: BOTH, policy: { multipath: 'require' } })

async function serveMaps(world: World): Promise<void> {
  await world.multipathd('running')
  for (const name of ['one', 'two', 'three']) await world.volume(name)
  await world.target({ iqn: IQN, portals: BOTH, luns: { 1: 'one', 2: 'two' } })
  await world.target({ iqn: THIRD, portals: BOTH, luns: { 1: 'three' } })
}
export const rebootMaps: Scenario = {
  name: 'reboot-maps',
  title: 'two owners with maps over shared sessions, and an attach that was killed: the next boot finds only records, and removes them',
  run: async (world, story) => {
    await serveMaps(world)
    for (const { owner, id, lun } of OWNERS) {
      const attacher = await world.attacher({ owner, stateDir: `${world.stateDir}-${owner}` })
      await attachOk(story, attacher, mapOf(id, lun))
      await attacher.close()
    }
    equal((await world.sessions(IQN)).length, BOTH.length, 'sessions, which both share')
    const agent = await world.agent({ owner: 'ann', stateDir: `${world.stateDir}-ann` })
    agent.dieAt('assemble', 1)
    void agent.attacher.attach(mapOf('three', 1, THIRD)).catch(() => undefined)
    await agent.ended
    story.note('records before the reboot', (await world.leftovers()).records)
  },
  afterReboot: async (world, story) => {
    await serveMaps(world)
    await world.volume('theirs')
    await world.target({ iqn: OTHER, portals: ['10.99.3.1:3260'], luns: { 1: 'theirs' } })
    story.note('records after the reboot', (await world.leftovers()).records)
    await world.foreignLogin(OTHER, '10.99.3.1:3260')
    for (const { owner } of OWNERS) {
      await using attacher = await world.attacher({ owner, stateDir: `${world.stateDir}-${owner}` })
      const { actions } = await attacher.recover()
      story.note(`recovery of ${owner}`, actions.map(({ id, action }) => `${id} ${action}`).sort())
    }
    equal(
      await world.leftovers(),
      { sessions: [`${OTHER} 10.99.3.1:3260`], records: [`${OTHER} 10.99.3.1:3260`], disks: [`${OTHER} 1`], maps: [] },
      'what is left is theirs',
    )
    for (const { owner, id, lun } of OWNERS) {
      await using attacher = await world.attacher({ owner, stateDir: `${world.stateDir}-${owner}` })
      await attachOk(story, attacher, mapOf(id, lun), `attach ${id} in the new boot`)
    }
    equal((await world.sessions(IQN)).length, BOTH.length, 'sessions, shared again')
    for (const { owner, id } of OWNERS) {
      await using attacher = await world.attacher({ owner, stateDir: `${world.stateDir}-${owner}` })
      await detachOk(story, attacher, id)
    }
    await world.foreignLogout(OTHER, '10.99.3.1:3260')
  },
}

export const container: Scenario = {
  name: 'container',
  title: 'a process in its own mount, pid and network namespaces, with the host below /host',
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    await using attacher = await world.attacher({ inContainer: true })
    const { device } = await attachOk(story, attacher, request('one'))
    equal(
      await world.leftovers(),
      { sessions: [`${IQN} ${PORTAL}`], records: [`${IQN} ${PORTAL}`], disks: [`${IQN} 1`], maps: [] },
      'the host with one volume',
    )
    equal(await world.fsType(device), 'ext4', 'file system')
    const mounted = await world.mount(device)
    await story.tell('detach while mounted', attacher.detach('one'))
    await mounted.unmount()
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const byConnection: Scenario = {
  name: 'lost-state',
  title: 'state and run directory are lost: the volume goes by its connection alone',
  run: async (world, story) => {
    await serveOne(world)
    const attacher = await world.attacher()
    const asked = request('one')
    await attachOk(story, attacher, asked)
    await attacher.close()
    await using amnesiac = await world.attacher({ owner: 'another', stateDir: `${world.stateDir}-lost` })
    await story.tell('inspect', amnesiac.inspect('one'))
    const kept = await amnesiac.detach({ connection: asked.connection })
    truthy(kept.kept.length > 0, 'what another owner claims is kept')
    equal((await world.leftovers()).disks, [`${IQN} 1`], 'disks')
    await using owner = await world.attacher()
    await story.tell('detach by connection', owner.detach({ connection: asked.connection }), ({ outcome }) => outcome)
    await expectClean(world, 'after the detach')
  },
}
