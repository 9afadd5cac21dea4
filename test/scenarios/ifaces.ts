import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { databaseRoot, pathsOf } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const through = (id: string, iface: string | string[], portals: readonly string[] = [PORTAL], policy: object = { multipath: 'never' }) => {
  const plain = request(id, { portals, policy })
  return { ...plain, connection: { ...plain.connection, iface } } as typeof plain
}
const ifaceFile = async (world: World, name: string) => `${await databaseRoot(world)}/ifaces/${name}`
async function makeIface(world: World, name: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const lines = Object.entries({ iscsi_ifacename: name, transport_name: 'tcp', ...settings }).map(
    ([key, value]) => `iface.${key} = ${value}`,
  )
  await world.writeText(await ifaceFile(world, name), ['# BEGIN RECORD 2.1.8', ...lines, '# END RECORD', ''].join('\n'))
}

export const boundIface: Scenario = {
  name: 'iface-bound',
  title: 'a session through an iface that is bound to a NIC, beside one through the default: each is found, and goes, by itself',
  run: async (world, story) => {
    await serveOne(world)
    await makeIface(world, 'storage0', { net_ifacename: 'lo' })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, through('bound', 'storage0'))
    story.note('ifaces', (await attacher.enumerate()).sessions.map(({ iface }) => iface).sort())
    await attachOk(story, attacher, request('plain'))
    story.note('ifaces of both', (await attacher.enumerate()).sessions.map(({ iface }) => iface).sort())
    await attachOk(story, attacher, through('bound', 'storage0'), 'attach again')
    await detachOk(story, attacher, 'bound')
    story.note(
      'ifaces of the other',
      (await attacher.enumerate()).sessions.map(({ iface }) => iface),
    )
    await attachOk(story, attacher, request('plain'), 'attach the other again')
    await attachOk(story, attacher, through('again', 'storage0'), 'attach through it beside the default')
    await detachOk(story, attacher, 'plain')
    await detachOk(story, attacher, 'again')
    await world.remove(await ifaceFile(world, 'storage0'))
    await expectClean(world, 'after the detach')
  },
}

export const severalIfaces: Scenario = {
  name: 'ifaces-paths',
  title: 'two ifaces over two portals are four paths of one map',
  run: async (world, story) => {
    await world.volume('data')
    const portals = [PORTAL, SECOND_PORTAL]
    await world.target({ iqn: IQN, portals, luns: { 1: 'data' } })
    await makeIface(world, 'storage0', { net_ifacename: 'lo' })
    await world.multipathd('running')
    await using attacher = await world.attacher()
    const asked = through('one', ['default', 'storage0'], portals, { paths: { min: 'all', graceMs: 10_000 } })
    await attachOk(story, attacher, asked)
    equal(await pathsOf(world), 4, 'paths')
    equal((await world.leftovers()).records.length, 4, 'records')
    story.note('ifaces', (await attacher.enumerate()).sessions.map(({ iface }) => iface).sort())
    await attachOk(story, attacher, asked, 'attach again')
    await detachOk(story, attacher, 'one')
    await world.remove(await ifaceFile(world, 'storage0'))
    await expectClean(world, 'after the detach')
  },
}

export const unknownIface: Scenario = {
  name: 'iface-unknown',
  title: 'an iface that the host has not, or that is of a card, is named; nothing was touched',
  run: async (world, story) => {
    await serveOne(world)
    await makeIface(world, 'card0', { transport_name: 'bnx2i' })
    await using attacher = await world.attacher()
    await story.tell('attach through none', attacher.attach(through('one', 'nosuch')))
    await story.tell('attach through one and none', attacher.attach(through('one', ['default', 'nosuch'])))
    await story.tell('attach through a card', attacher.attach(through('one', 'card0')))
    await world.remove(await ifaceFile(world, 'card0'))
    await expectClean(world, 'in the end')
  },
}
