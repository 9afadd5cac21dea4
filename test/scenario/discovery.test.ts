import { expect, test } from 'vitest'
import { formatDiscoveryRecord } from '../../lib/linux/iscsi/discovery-record.js'
import { expectClean, serveOne } from '../lab/expect.js'
import { createFakeWorld } from '../lab/fake-world.js'

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
