import { fromCinder } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, released, request, SECOND_PORTAL, serveOne, truthy } from '../world/expect.js'
import { databaseRoot, FIRST, multipath, OTHER, OTHER_PORTAL, pathsOf, PORTALS, serveFour } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const CHAP = { username: 'finder', secret: 'discovery-secret-4711' }
const byDiscovery = (id: string, discovery: object = {}, more: { iqn?: string; portal?: string; policy?: object } = {}) => {
  const { iqn = IQN, portal = FIRST, policy = {} } = more
  return {
    ...multipath(id, policy),
    connection: { protocol: 'iscsi' as const, targets: [{ iqn, lun: 1 }], discovery: { portal, ...discovery } },
  }
}
/** The whole content of open-iscsi's database, names and texts. */
async function database(world: World): Promise<unknown> {
  const root = await databaseRoot(world)
  const nodes = await Promise.all((await world.list(`${root}/nodes`)).map((iqn) => world.list(`${root}/nodes/${iqn}`)))
  const text = await world.readText(`${root}/nodes/${IQN}/${FIRST.replace(':', ',')},1/default`)
  return { nodes, found: await world.list(`${root}/send_targets`), text }
}

export const discovery: Scenario = {
  name: 'discovery',
  title: 'one portal is named, the four of the target are found; other targets and records of others are left alone',
  run: async (world, story) => {
    await serveFour(world)
    await world.volume('other')
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL, FIRST.replace('3260', '3261')], luns: { 1: 'other' } })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, byDiscovery('one', {}, { policy: { paths: { min: 'all', graceMs: 10_000 } } }))
    equal(await pathsOf(world), PORTALS.length, 'paths')
    equal(await world.sessions(OTHER), [], 'sessions of a target that nobody named')
    await attachOk(story, attacher, byDiscovery('one'), 'attach again')
    story.note('inspect', (await attacher.inspect('one')).connection)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const discoveryKeepsRecords: Scenario = {
  name: 'discovery-keeps-records',
  title: 'a discovery neither changes a record that another program has nor makes one',
  run: async (world, story) => {
    await serveOne(world)
    await world.foreignRecord(IQN, PORTAL)
    const before = await database(world)
    await using attacher = await world.attacher()
    // The record has automatic scans, so the attach refuses to log in through it after the discovery.
    await story.tell('attach', attacher.attach({ ...byDiscovery('one'), policy: { multipath: 'never' } }))
    equal(await database(world), before, 'the database')
    await world.foreignLogout(IQN, PORTAL)
    await attachOk(story, attacher, { ...byDiscovery('one'), policy: { multipath: 'never' } })
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const discoveryChap: Scenario = {
  name: 'discovery-chap',
  title:
    'a discovery with CHAP: its secret is seen nowhere and stays nowhere; without it or with another one it is an authentication error',
  run: async (world, story) => {
    const root = await databaseRoot(world)
    await serveFour(world)
    await world.discoveryChap(CHAP)
    await using attacher = await world.attacher()
    const attempt = (what: string, auth?: typeof CHAP) =>
      story.tell(what, attacher.attach(byDiscovery('one', auth === undefined ? {} : { auth }), { timeoutMs: 30_000 }))
    await attempt('attach without the secret')
    await attempt('attach with another secret', { ...CHAP, secret: 'discovery-secret-0815' })
    await expectClean(world, 'after the refusals')
    equal(await world.list(`${root}/send_targets`), [], 'the discovery database')
    await attachOk(story, attacher, byDiscovery('one', { auth: CHAP }))
    equal(await world.list(`${root}/send_targets`), [], 'the discovery database')
    for (const name of await world.list(`${world.stateDir}/attachments`)) {
      const text = (await world.readText(`${world.stateDir}/attachments/${name}`)) ?? ''
      truthy(!text.includes('discovery-secret'), 'the journal has no secret')
    }
    await detachOk(story, attacher, 'one')
    await world.writeText(
      `${root}/send_targets/${FIRST.replace(':', ',')}/st_config`,
      'discovery.sendtargets.auth.username = another\ndiscovery.sendtargets.auth.password = another-secret\n',
    )
    await attempt("attach beside another program's discovery record", CHAP)
    await world.remove(`${root}/send_targets/${FIRST.replace(':', ',')}`)
    equal(
      (await world.commandLines()).filter((line) => line.includes('discovery-secret')),
      [],
      'command lines with a secret',
    )
    await world.discoveryChap(undefined)
    await expectClean(world, 'in the end')
  },
}

export const discoveryFails: Scenario = {
  name: 'discovery-fails',
  title: 'a target that is not shown, and portals that are dead, silent or refuse: each has its code, in time',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const single = (more: object = {}) => ({
      ...byDiscovery('one', {}, { portal: PORTAL, ...more }),
      policy: { multipath: 'never' as const },
    })
    await story.tell('not shown', attacher.attach(single({ iqn: `${IQN}.unknown` })))
    for (const state of ['refuse', 'drop', 'mute'] as const) {
      await world.portal(PORTAL, state)
      await story.tell(state, attacher.attach(single(), { timeoutMs: 12_000 }))
    }
    await world.portal(PORTAL, 'open')
    await attachOk(story, attacher, single())
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const discoveryByCinder: Scenario = {
  name: 'discovery-cinder',
  title:
    "Cinder's single form: the other portals are found for a map, and not asked for with a single path; detached by connection after all files were lost",
  run: async (world, story) => {
    await serveFour(world)
    const connection = fromCinder({ target_portal: FIRST, target_iqn: IQN, target_lun: 1 })
    const attacher = await world.attacher()
    await attachOk(story, attacher, { ...multipath('one', { paths: { min: 'all', graceMs: 10_000 } }), connection })
    equal(await pathsOf(world), PORTALS.length, 'paths')
    await attacher.close()
    await world.remove(world.stateDir)
    await world.remove(world.runDir)
    await using again = await world.attacher()
    await story.tell('detach by connection', again.detach({ connection }), released)
    await expectClean(world, 'after the detach by connection')
    await world.multipathd('stopped')
    const discoveries = async () => (await world.commandLines()).filter((line) => line.startsWith('iscsiadm -m discovery')).length
    const before = await discoveries()
    await attachOk(story, again, { id: 'two', connection })
    equal((await discoveries()) - before, 0, 'discoveries for a single path')
    await detachOk(story, again, 'two')
    await expectClean(world, 'in the end')
  },
}

export const otherNames: Scenario = {
  name: 'eui-name',
  title: 'a target with an eui. name, found by discovery and named with its portal',
  run: async (world, story) => {
    const iqn = 'eui.0123456789abcdef'
    await world.volume('data')
    await world.target({ iqn, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one', { iqn }))
    await detachOk(story, attacher, 'one')
    await attachOk(story, attacher, { ...byDiscovery('two', {}, { iqn, portal: PORTAL }), policy: { multipath: 'never' } })
    await detachOk(story, attacher, 'two')
    await expectClean(world, 'after the detach')
  },
}
