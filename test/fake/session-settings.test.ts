/** iSCSI settings of administrators and callers reach the record with which sessions are created. */
import { expect, test } from 'vitest'
import type { PartialPolicy } from '../../lib/index.js'
import { request, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { ended } from './field.js'

const chap = { username: 'someone', secret: 'correct-horse-battery' }
const RECORD = '/etc/iscsi/nodes/iqn.2024-01.org.example:storage/10.99.1.1,3260'

async function recordOf(world: FakeWorld, policy: PartialPolicy['iscsi'] = {}): Promise<readonly string[]> {
  await serveOne(world, { chap })
  const attacher = await world.attacher()
  const asked = request('one', { policy: { multipath: 'never', iscsi: policy } })
  await attacher.attach({ ...asked, connection: { ...asked.connection, auth: chap } } as typeof asked)
  const record = (await world.readText(RECORD)) ?? ''
  await attacher.detach('one')
  await ended(world)
  return record.split('\n')
}
const CONF = `
# node.session.timeo.replacement_timeout = 7
node.session.timeo.replacement_timeout = 15
node.session.auth.chap_algs = SHA256,MD5
node.conn[0].iscsi.HeaderDigest = CRC32C
node.conn[0].iscsi.DataDigest = None, CRC32C
`

test('without a word of anybody, a session has the defaults of open-iscsi', async () => {
  const record = await recordOf(await createFakeWorld())
  expect(record).toContain('node.session.timeo.replacement_timeout = 120')
  expect(record.filter((line) => /Digest|chap_algs/.test(line))).toEqual([])
})

test("the host's iscsid.conf counts", async () => {
  const world = await createFakeWorld()
  world.host.put('/etc/iscsi/iscsid.conf', CONF)
  expect(await recordOf(world)).toEqual(
    expect.arrayContaining([
      'node.session.timeo.replacement_timeout = 15',
      'node.session.auth.chap_algs = SHA256,MD5',
      'node.conn[0].iscsi.HeaderDigest = CRC32C',
      'node.conn[0].iscsi.DataDigest = None,CRC32C',
    ]),
  )
})

test('the policy goes before it, setting by setting', async () => {
  const world = await createFakeWorld()
  world.host.put('/etc/iscsi/iscsid.conf', CONF)
  const record = await recordOf(world, { replacementTimeoutSec: 0, dataDigest: 'CRC32C', chapAlgorithms: ['SHA3-256', 'SHA1'] })
  expect(record).toEqual(
    expect.arrayContaining([
      'node.session.timeo.replacement_timeout = 0',
      'node.session.auth.chap_algs = SHA3-256,SHA1',
      'node.conn[0].iscsi.HeaderDigest = CRC32C',
      'node.conn[0].iscsi.DataDigest = CRC32C',
    ]),
  )
})

test('words that are not known are left to open-iscsi', async () => {
  const world = await createFakeWorld()
  const odd =
    'node.session.timeo.replacement_timeout = soon\nnode.conn[0].iscsi.HeaderDigest = MD4\nnode.session.auth.chap_algs = MD5,ROT13\n'
  world.host.put('/etc/iscsi/iscsid.conf', odd)
  const record = await recordOf(world)
  expect(record).toContain('node.session.timeo.replacement_timeout = 120')
  expect(record.filter((line) => /Digest|chap_algs/.test(line))).toEqual([])
})

test('inspect() says for how long the kernel holds I/O back', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  await attacher.attach(request('one', { policy: { multipath: 'never', iscsi: { replacementTimeoutSec: 33 } } }))
  const { attachment } = await attacher.inspect('one')
  expect(attachment?.kind === 'block' && attachment.paths[0]?.iscsi?.replacementTimeoutSec).toBe(33)
  await attacher.detach('one')
  await ended(world)
})

test('a refused login names algorithms beside the password, and a portal that refuses names digests', async () => {
  const world = await createFakeWorld()
  await serveOne(world, { chap: { username: 'someone', secret: 'another-secret-of-it' } })
  const attacher = await world.attacher()
  const asked = request('one')
  const wrong = attacher.attach({ ...asked, connection: { ...asked.connection, auth: chap } } as typeof asked)
  const message: unknown = expect.stringContaining('policy.iscsi.chapAlgorithms')
  await expect(wrong).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION', message })
  await ended(world)
})
