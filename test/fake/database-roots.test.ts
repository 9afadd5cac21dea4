/** open-iscsi's database may be in one of two directories, and both may exist. */
import { expect, test } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { ended, serve } from './field.js'

const OTHER = { '/etc/iscsi': '/var/lib/iscsi', '/var/lib/iscsi': '/etc/iscsi' } as const

test('a database that another program left beside it is not taken for the one of iscsiadm', async () => {
  for (const [openIscsiVersion, recordRoot] of [
    ['2.1.8', '/etc/iscsi'],
    ['2.1.5', '/etc/iscsi'],
    ['2.1.11', '/var/lib/iscsi'],
  ] as const)
    for (const secondDatabase of ['empty', 'with a record'] as const) {
      const world = await serve({ openIscsiVersion, recordRoot, secondDatabase })
      const attacher = await world.attacher()
      await attacher.attach(request('one'))
      expect(world.host.ran.filter((argv) => argv.includes('--login'))).toHaveLength(1)
      expect(world.host.names(`${OTHER[recordRoot]}/nodes/${IQN}`)).toEqual([])
      await attacher.detach('one')
      await ended(world)
    }
})

test('where a distribution keeps the database elsewhere than its version says, one login finds it for all', async () => {
  for (const [openIscsiVersion, recordRoot] of [
    ['2.1.11', '/etc/iscsi'],
    ['2.1.10', '/etc/iscsi'],
    ['2.1.8', '/var/lib/iscsi'],
  ] as const) {
    const world = await serve({ openIscsiVersion, recordRoot })
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    expect(world.host.names(`${recordRoot}/nodes/${IQN}`)).toHaveLength(1)
    expect(world.host.names(`${OTHER[recordRoot]}/nodes/${IQN}`)).toEqual([])
    await attacher.attach(request('two', { portals: [PORTALS[1] ?? ''] }))
    expect(world.host.ran.filter((argv) => argv.includes('--login'))).toHaveLength(3)
    await attacher.detach('one')
    await attacher.detach('two')
    await ended(world)
  }
})

test('where iscsiadm finds our record in neither database, the attach fails, and leaves a record in neither', async () => {
  const world = await serve()
  world.host.faults.plant({
    on: 'commands.run',
    matching: '--login',
    times: 2,
    does: { answer: { exitCode: 21, stdout: '', stderr: 'iscsiadm: No records found\n' } },
  })
  const attacher = await world.attacher()
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({
    code: 'ERR_STATE',
    message: expect.stringContaining('neither in /etc/iscsi nor in /var/lib/iscsi') as string,
    sideEffects: 'undone',
  })
  for (const root of ['/etc/iscsi', '/var/lib/iscsi']) expect(world.host.names(`${root}/nodes/${IQN}`)).toEqual([])
  // The fault was temporary: the next attach uses the directory of this version again.
  await attacher.attach(request('one'))
  expect(world.host.names(`/etc/iscsi/nodes/${IQN}`)).toHaveLength(1)
  await attacher.detach('one')
  await ended(world)
})

test('a record of another program that iscsiadm does not read is neither used nor touched', async () => {
  const world = await serve({ openIscsiVersion: '2.1.11', recordRoot: '/etc/iscsi', secondDatabase: 'empty' })
  const stray = `/var/lib/iscsi/nodes/${IQN}/${PORTAL.replace(':', ',')},1/default`
  const text = `# BEGIN RECORD\nnode.name = ${IQN}\nnode.session.scan = manual\nnode.conn[0].address = 10.99.1.1\nnode.conn[0].port = 3260\n`
  world.host.put(stray, text, { mode: 0o600 })
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  expect(`${world.host.text(stray) ?? ''}\n`).toBe(text)
  await ended(world)
})

test('a discovery with CHAP finds its record in the database of iscsiadm', async () => {
  const world = await serve({ openIscsiVersion: '2.1.11', recordRoot: '/etc/iscsi', secondDatabase: 'empty' })
  const auth = { username: 'host', secret: 'twelve letters' }
  await world.discoveryChap(auth)
  const attacher = await world.attacher()
  const connection = { protocol: 'iscsi', targets: [{ iqn: IQN, lun: 1 }], discovery: { portal: PORTAL, auth } } as const
  await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } })
  for (const root of ['/etc/iscsi', '/var/lib/iscsi']) expect(world.host.names(`${root}/send_targets`)).toEqual([])
  await attacher.detach('one')
  await ended(world)
})
