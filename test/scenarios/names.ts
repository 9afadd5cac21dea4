import { attachOk, detachOk, equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { multipath, pathsOf, PORTALS, serveFour } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'
import { released } from '../world/expect.js'

const NAME = 'array.storage.example'
const addresses = PORTALS.map((portal) => portal.replace(':3260', ''))
const byName = (id: string, names: readonly string[], policy: object = {}) => {
  const targets = names.map((name) => ({ portal: `${name}:3260`, iqn: IQN, lun: 1 }))
  return { ...multipath(id, policy), connection: { protocol: 'iscsi' as const, targets } }
}
const all = { paths: { min: 'all' as const, graceMs: 10_000 } }

export const hostName: Scenario = {
  name: 'host-name',
  title: 'a portal by name: each of its addresses is a path; the same name finds the same volume when it means something else by then',
  run: async (world, story) => {
    await serveFour(world)
    await world.hostName(NAME, addresses)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, byName('one', [NAME], all))
    equal(await pathsOf(world), PORTALS.length, 'paths')
    for (const file of await world.list(`${world.stateDir}/attachments`)) {
      const text = (await world.readText(`${world.stateDir}/attachments/${file}`)) ?? ''
      for (const address of addresses) truthy(text.includes(address), `the journal has ${address}`)
    }
    await world.hostName(NAME, ['10.99.9.9'])
    await attachOk(story, attacher, byName('one', [NAME.toUpperCase()]), 'attach again by name')
    const { connection } = byName('one', [NAME])
    story.note('inspect by connection', (await attacher.inspect({ connection })).id)
    await world.hostName(NAME, [])
    await story.tell('detach by connection', attacher.detach({ connection }), released)
    await expectClean(world, 'after the detach')
  },
}

export const unknownName: Scenario = {
  name: 'host-name-unknown',
  title: 'a name without an address is a missing path, or an error when there is no other',
  run: async (world, story) => {
    await serveFour(world)
    await world.hostName(NAME, addresses.slice(0, 2))
    await using attacher = await world.attacher()
    await story.tell('attach by an unknown name', attacher.attach(byName('one', ['nobody.storage.example'])))
    await story.tell('attach when all paths are required', attacher.attach(byName('one', [NAME, 'nobody.storage.example'], all)))
    await expectClean(world, 'after the refusals')
    await attachOk(story, attacher, byName('one', [NAME, 'nobody.storage.example']))
    equal(await pathsOf(world), 2, 'paths')
    await attachOk(story, attacher, byName('one', [NAME, 'nobody.storage.example']), 'attach again')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

const SIX = 'fd99::1'
export const ipv6Spellings: Scenario = {
  name: 'ipv6-spellings',
  title: 'one IPv6 portal in every spelling is one portal, and a name may mean it',
  run: async (world, story) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [`[${SIX}]:3260`], luns: { 1: 'data' } })
    await world.hostName('six.storage.example', [SIX])
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one', { portals: ['[FD99:0000::0:1]:3260'] }))
    for (const portal of [`[${SIX}]:3260`, 'fd99:0:0:0:0:0:0:1:3260', '[fd99::0.0.0.1]:3260'])
      await attachOk(story, attacher, request('one', { portals: [portal] }), `attach again at ${portal}`)
    await attachOk(story, attacher, request('two', { portals: ['six.storage.example:3260'] }))
    equal((await world.sessions(IQN)).length, 1, 'sessions')
    await detachOk(story, attacher, 'one')
    await detachOk(story, attacher, 'two')
    for (const portal of ['[fe80::1%eth0]:3260', 'fd99::1:3260'])
      await story.tell(`attach at ${portal}`, attacher.attach(request('one', { portals: [portal] })))
    await expectClean(world, 'in the end')
  },
}
