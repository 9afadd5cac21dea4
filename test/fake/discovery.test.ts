import { expect, test } from 'vitest'
import { formatDiscoveryRecord } from '../../lib/linux/iscsi/discovery-record.js'
import { expectClean, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const settings = { portal: { address: '10.99.1.1', port: 3260 }, username: 'finder', secret: 'secret-of-the-finder', loginTimeoutSec: 5 }
const DIRECTORY = '/etc/iscsi/send_targets'

test("what a crash left of a discovery goes with the recovery, also with the journal lost; others' records stay", async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const ours = formatDiscoveryRecord({ ...settings, owner: 'default' })
  world.host.put(`${DIRECTORY}/10.99.1.1,3260`, ours)
  world.host.put(`${DIRECTORY}/.brickwork-0123456789abcdef.tmp`, ours)
  world.host.put(`${DIRECTORY}/10.99.1.2,3260`, formatDiscoveryRecord({ ...settings, owner: 'another' }))
  world.host.put(`${DIRECTORY}/10.99.1.3,3260`, 'discovery.type = sendtargets')
  world.host.put(`${DIRECTORY}/10.99.1.4,3260/st_config`, 'discovery.type = sendtargets')
  const attacher = await world.attacher()
  await attacher.recover()
  expect(await world.list(DIRECTORY)).toEqual(['10.99.1.2,3260', '10.99.1.3,3260', '10.99.1.4,3260'])
  await world.remove(DIRECTORY)
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
})

test('one discovery finds the portals of several targets, each with its own LUN, and of no others', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.volume('other')
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `iqn.2024-01.org.example:${name}`) as [string, string, string]
  await world.target({ iqn: a, portals: ['10.99.1.1:3260'], luns: { 1: 'data' } })
  await world.target({ iqn: b, portals: ['10.99.2.1:3260'], luns: { 7: 'data' } })
  await world.target({ iqn: c, portals: ['10.99.3.1:3260'], luns: { 1: 'other' } })
  const attacher = await world.attacher()
  const targets = [
    { iqn: a, lun: 1 },
    { iqn: b, lun: 7 },
  ]
  const connection = { protocol: 'iscsi', targets, discovery: { portal: '10.99.1.1:3260' } } as const
  const { paths } = await attacher.attach({ id: 'one', connection, policy: { multipath: 'require', paths: { min: 'all' } } })
  expect(paths.map(({ iscsi }) => `${iscsi?.target} ${iscsi?.portal}`).sort()).toEqual([`${a} 10.99.1.1:3260`, `${b} 10.99.2.1:3260`])
  expect(await world.sessions(c)).toEqual([])
  await attacher.detach('one')
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
})
