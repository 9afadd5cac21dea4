/** What inspect() returns as the connection names the attachment in every call that takes one. */
import { expect, test } from 'vitest'
import type { Connection } from '../../lib/index.js'
import { IQN, PORTAL, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const chap = { username: 'someone', secret: 'correct-horse-battery' }
const forms: readonly (readonly [string, Connection])[] = [
  ['a plain target', { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }] }],
  ['CHAP', { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }], auth: chap }],
  ['discovery', { protocol: 'iscsi', targets: [{ iqn: IQN, lun: '1' }], discovery: { portal: PORTAL } }],
  [
    'two portals and access',
    { protocol: 'iscsi', access: 'ro', targets: [PORTAL, SECOND_PORTAL].map((portal) => ({ portal, iqn: IQN, lun: 1 })) },
  ],
  ['eight bytes of LUN', { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: '0x0001000000000000' }] }],
  ['a local device', { protocol: 'local', path: '/dev/vdb' }],
]
async function worldFor(connection: Connection): Promise<FakeWorld> {
  const world = await createFakeWorld()
  await world.volume('data')
  const auth = connection.protocol === 'iscsi' && connection.auth !== undefined ? { chap } : {}
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' }, ...auth })
  await world.volume('local')
  world.host.localDisk('vdb', 'local')
  world.host.put('/run/udev/data/b254:16', 'I:1000')
  return world
}

test.each(forms)('%s: inspect, resize and detach take the connection of inspect()', async (_, connection) => {
  const world = await worldFor(connection)
  const attacher = await world.attacher()
  await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } })
  const first = await attacher.inspect('one')
  expect(JSON.stringify(first)).not.toContain(chap.secret)
  const ref = JSON.parse(JSON.stringify({ connection: first.connection })) as { connection: typeof first.connection }
  expect(await attacher.inspect(ref)).toMatchObject({ id: 'one', connection: first.connection })
  expect(await attacher.inspect({ connection })).toMatchObject({ id: 'one' })
  expect(await attacher.resize(ref)).toMatchObject({ id: 'one' })
  expect(await attacher.detach(ref)).toMatchObject({ id: 'one', outcome: 'released' })
  expect(await attacher.list()).toEqual([])
  await world.close()
})

test('inspect() returns the LUN as a string, however it was given', async () => {
  const [, connection] = forms[0] ?? expect.unreachable('there is a form')
  const world = await worldFor(connection)
  const attacher = await world.attacher()
  await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } })
  const { connection: recorded } = await attacher.inspect('one')
  expect(recorded).toEqual({ protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: '1' }] })
  await attacher.detach('one')
  await world.close()
})

test('a detach by the connection of a lost journal needs no secrets either', async () => {
  const connection: Connection = { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }], auth: chap }
  const world = await worldFor(connection)
  const attacher = await world.attacher()
  await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } })
  const { connection: recorded } = await attacher.inspect('one')
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
    for (const name of await world.list(directory)) await world.remove(`${directory}/${name}`)
  expect(await attacher.detach({ connection: recorded })).toMatchObject({ id: null, outcome: 'released' })
  expect(await world.leftovers()).toEqual({ sessions: [], records: [], disks: [], maps: [] })
  await world.close()
})
