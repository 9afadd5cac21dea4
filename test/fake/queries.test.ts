/** Functions that query a host without an attacher, over FakeHost. */
import { expect, test } from 'vitest'

import { createAttacher, enumerate, identity } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'
import { request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

/** Calls that change something on the host. */
const CHANGES =
  /^(files\.(makeDirectory|commit|replace|append|remove|link)|locks\.|commands\.|kernel\.(write|changeRecord|createMap|removeMap|setReadOnly|hold|flush))/
const changesOf = ({ trace }: FakeHost) => trace.filter(({ call }) => CHANGES.test(call)).map(({ call, subject }) => `${call} ${subject}`)

test('enumerate() and identity() write nothing, run nothing and need no directory', async () => {
  const host = new FakeHost()
  host.storage.volume('local', { sizeMb: 10 })
  host.localDisk('vdb', 'local')
  const [topology, names] = [await enumerate({ host }), await identity({ host })]
  expect(topology.devices.map(({ name }) => name)).toEqual(['vdb'])
  expect(topology.unseen).toEqual([])
  expect(names).toMatchObject({ hostname: 'fake-host', iscsi: { initiatorName: 'iqn.2004-10.example:fake-host' }, unseen: [] })
  expect(changesOf(host)).toEqual([])
  expect([host.names('/var/lib/brickwork'), host.names('/run/brickwork')]).toEqual([[], []])
  host.verify()
})

test('enumerate() names the attachments of all owners, also those of another run directory', async () => {
  const world = await createFakeWorld()
  await world.volume('vol')
  await world.target({ iqn: 'iqn.2024-01.org.example:storage', portals: ['10.99.1.1:3260'], luns: { 1: 'vol' } })
  const attacher = await createAttacher({ host: world.host, owner: 'agent', runDir: '/run/other' })
  await attacher.attach(request('vol-1'))
  const ownersIn = async (runDir?: string) =>
    (await enumerate({ host: world.host, ...(runDir === undefined ? {} : { runDir }) })).devices.flatMap(({ attachments }) =>
      attachments.map(({ id, owner }) => `${id} of ${owner}`),
    )
  expect(await ownersIn('/run/other')).toEqual(['vol-1 of agent'])
  expect(await ownersIn()).toEqual([])
  await attacher.detach('vol-1')
  await attacher.close()
})

test('what may not be read is left out and named', async () => {
  const host = new FakeHost()
  const deny = (on: 'files.read' | 'files.list' | 'kernel.readChanged', matching: string) =>
    host.faults.plant({ on, matching, times: 9, does: { fail: 'EACCES' } })
  deny('files.read', '/etc/iscsi/initiatorname.iscsi')
  deny('files.read', '/etc/machine-id')
  deny('kernel.readChanged', '/run/brickwork/claims')
  deny('files.list', '/run/brickwork/claims')
  const names = await identity({ host })
  expect(names).toMatchObject({ hostname: 'fake-host' })
  expect(names.machineId).toBeUndefined()
  expect(names).not.toHaveProperty('iscsi')
  expect(names.unseen).toEqual(['/etc/iscsi/initiatorname.iscsi (no permission)', '/etc/machine-id (no permission)'])
  expect((await enumerate({ host })).unseen).toEqual(['attachments that devices belong to (no permission)'])
})

test('a directory that is not the root of a host is refused, with what to mount', async () => {
  const host = new FakeHost()
  host.take('/proc/sys/kernel/random/boot_id')
  const refused = { code: 'ERR_UNSUPPORTED_PLATFORM', message: expect.stringContaining("createHost({ root: '/host' })") as string }
  await expect(enumerate({ host })).rejects.toMatchObject(refused)
  await expect(identity({ host })).rejects.toMatchObject(refused)
  await expect(createAttacher({ host })).rejects.toMatchObject(refused)
})

test('they end by their deadline and by their signal', async () => {
  const host = new FakeHost()
  host.faults.plant({ on: 'kernel.readTree', times: 9, does: { hang: 'before' } })
  await expect(enumerate({ host, timeoutMs: 100 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', sideEffects: 'none' })
  const stopped = AbortSignal.abort(new Error('enough'))
  await expect(enumerate({ host, signal: stopped })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  await expect(identity({ host, timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
})

test('an attacher for queries alone writes nothing, takes no lock, and refuses to change the host', async () => {
  const world = await createFakeWorld()
  await world.volume('vol')
  await world.target({ iqn: 'iqn.2024-01.org.example:storage', portals: ['10.99.1.1:3260'], luns: { 1: 'vol' } })
  const [agent, other] = [
    await createAttacher({ host: world.host, owner: 'agent' }),
    await createAttacher({ host: world.host, owner: 'other', stateDir: '/var/lib/other' }),
  ]
  await agent.attach(request('vol-1'))
  const detaching = world.host.faults.plant({ on: 'files.commit', matching: '/var/lib/other', does: { fail: 'ENOSPC' } })
  await expect(other.attach(request('vol-2'))).rejects.toMatchObject({ code: 'ERR_STATE' })
  expect(detaching.met).toBe(1)
  for (const attacher of [agent, other]) await attacher.close()

  const host = world.host.process()
  const before = changesOf(host).length
  const attacher = await createAttacher({ host, owner: 'agent', queryOnly: true })
  expect((await attacher.list()).map(({ id, present }) => [id, present])).toEqual([['vol-1', true]])
  expect(await attacher.inspect('vol-1')).toMatchObject({ id: 'vol-1', holders: [] })
  expect(await attacher.recover({ dryRun: true })).toMatchObject({ actions: [{ id: 'vol-1', action: 'kept' }] })
  await attacher.enumerate()
  await attacher.identity()
  expect(
    changesOf(host)
      .slice(before)
      .filter((each) => !/iscsiadm --version|kernel.hold/.test(each)),
  ).toEqual([])
  const refused = { code: 'ERR_UNSUPPORTED', sideEffects: 'none' }
  await expect(attacher.attach(request('vol-2'))).rejects.toMatchObject(refused)
  await expect(attacher.detach('vol-1')).rejects.toMatchObject(refused)
  await expect(attacher.detach({ connection: request('vol-1').connection })).rejects.toMatchObject(refused)
  await expect(attacher.resize('vol-1')).rejects.toMatchObject(refused)
  await expect(attacher.recover()).rejects.toMatchObject(refused)
  await attacher.close()
})

test('an attacher for queries alone needs no directories and answers without them', async () => {
  const host = new FakeHost()
  const attacher = await createAttacher({ host, queryOnly: true })
  expect(await attacher.list()).toEqual([])
  expect(await attacher.recover({ dryRun: true })).toEqual({ dryRun: true, actions: [] })
  await expect(attacher.inspect('vol-1')).rejects.toMatchObject({ code: 'ERR_NOT_ATTACHED' })
  await attacher.close()
  expect(changesOf(host)).toEqual([])
})
