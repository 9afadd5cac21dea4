/** Hosts as they are in production: leftovers and concurrent actions of other programs and people. */
import { expect, test } from 'vitest'
import { result } from '../../lib/testing/index.js'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { ended, overAll, serve } from './field.js'

const never = new AbortController().signal

test('after all sessions were logged out underneath, the same attach brings the volume up anew', async () => {
  for (const multipathd of ['absent', 'running'] as const) {
    const world = await serve({ multipathd })
    const attacher = await world.attacher()
    const asked = multipathd === 'absent' ? request('one') : overAll()
    await attacher.attach(asked)
    const admin = world.host.process()
    for (const session of await world.sessions(IQN))
      await admin.commands.run(['iscsiadm', '-m', 'session', '-r', String(session), '--logout'], { signal: never, onAbort: 'leave' })
    await world.sleep(20_000)
    expect(await attacher.attach(asked, { timeoutMs: 60_000 })).toMatchObject({ reused: false })
    await attacher.recover()
    expect(await attacher.attach(asked)).toMatchObject({ reused: true })
    expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
    await ended(world)
  }
})

test('a login whose iscsiadm is killed leaves no session, although iscsid goes on with it', async () => {
  const world = await serve({ multipathd: 'absent', delays: { login: 2000 } })
  const iscsiadm = world.host.programs.get('iscsiadm')
  world.host.programs.set('iscsiadm', async (run) => {
    const ended = Promise.resolve(iscsiadm?.(run) ?? result(1))
    if (!run.argv.includes('--login')) return await ended
    await run.pause(100)
    return result(137)
  })
  const attacher = await world.attacher()
  await expect(attacher.attach(request('one'), { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'ERR_TOOL_FAILED',
    sideEffects: 'pending',
  })
  await ended(world)
})

test('a discovery that shows 600 targets at eight portals gives the portals of the right one', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  const portals = Array.from({ length: 8 }, (_, index) => `10.99.1.${index + 1}:3260`)
  for (let index = 0; index < 600; index++)
    await world.target({ iqn: `iqn.2005-10.org.example.ctl:csi-pvc-${String(index).padStart(4, '0')}`, portals, luns: {} })
  await world.target({ iqn: IQN, portals: portals.slice(0, 2), luns: { 0: 'data' } })
  const attacher = await world.attacher()
  const connection = { protocol: 'iscsi', targets: [{ iqn: IQN, lun: 0 }], discovery: { portal: portals[0] ?? '' } } as const
  const from = world.now()
  const { paths } = await attacher.attach({ id: 'one', connection })
  expect(world.now() - from).toBeLessThan(1000)
  expect(paths.map(({ iscsi }) => iscsi?.target)).toEqual([IQN])
  expect((await attacher.enumerate()).sessions.map(({ target }) => target)).toEqual([IQN])
  await attacher.detach('one')
  await ended(world)
})

test('an open-iscsi of another numbering is spoken to by iscsiadm, and an initiator without a name harms nothing', async () => {
  const world = await createFakeWorld({ openIscsiVersion: '6.2.1.4-1', recordRoot: '/var/lib/iscsi' })
  world.host.put('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=\n')
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  const attacher = await world.attacher({ policy: { iscsi: { logins: 'socket' } } })
  await attacher.attach(request('one'))
  expect(world.host.ran.filter((argv) => argv.includes('--login'))).toHaveLength(1)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('whatever lies among the node records, volumes come and go beside it, and a recovery finds what is ours', async () => {
  const nodes = '/etc/iscsi/nodes'
  const other = 'iqn.2023-07.org.example'
  const odd: Readonly<Record<string, (put: (path: string, text: string | Uint8Array) => void, directory: (path: string) => void) => void>> =
    {
      'commented keys': (put) => put(`${other}:a/192.0.2.1,3260,1/default`, '# BEGIN RECORD 6.2.1.2-0\n#node.name = x\n# END RECORD\n'),
      'an empty record': (put) => put(`${other}:b/192.0.2.1,3260,1/default`, ''),
      'no address': (put) => put(`${other}:c/,3260,1/default`, 'x'),
      'brackets only': (put) => put(`${other}:d/[],3260,-1/default`, 'x'),
      'a zone': (put) => put(`${other}:e/fe80::1%eth0,3260,1/default`, '# BEGIN RECORD\n# END RECORD\n'),
      'a zone at our target': (put) => put(`${IQN}/fe80::1%eth0,3260,1/default`, '# BEGIN RECORD\n# END RECORD\n'),
      'a file for a target': (put) => put('stray-file', 'x'),
      'a file beside portals': (put) => put(`${IQN}/README`, 'x'),
      'bytes that are no text': (put) => put(`${other}:f/192.0.2.1,3260,1/default`, Uint8Array.from([0xff, 0xfe, 0, 1, 2, 0x80])),
      'a directory for a record': (_, directory) => directory(`${other}:g/192.0.2.1,3260,1/default/deep`),
      'a directory for a record of our portal': (_, directory) => directory(`${IQN}/10.99.2.1,3260,1/default/deep`),
    }
  for (const [what, lay] of Object.entries(odd)) {
    const world = await serve({ multipathd: 'absent' })
    lay(
      (path, text) => world.host.put(`${nodes}/${path}`, text, { mode: 0o600 }),
      (path) => world.host.putDirectory(`${nodes}/${path}`),
    )
    const before = JSON.stringify(world.host.names(nodes))
    const attacher = await world.attacher()
    await attacher.attach(request('one', { portals: PORTALS.slice(0, 2) }))
    world.crash()
    for (const directory of ['/run/brickwork/claims', '/var/lib/brickwork/attachments']) world.host.take(directory)
    const next = await world.attacher()
    const { actions } = await next.recover()
    expect([what, actions.map(({ action }) => action)]).toEqual([what, expect.not.arrayContaining(['failed'])])
    expect([what, await world.sessions(IQN)]).toEqual([what, []])
    expect(JSON.parse(before)).toEqual(expect.arrayContaining(world.host.names(nodes).filter((name) => name !== IQN)))
    expect(world.host.names(nodes).length).toBeGreaterThan(0)
    await next.close()
  }
})
