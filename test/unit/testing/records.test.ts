import { expect, test } from 'vitest'

import { FakeHost } from '../../../lib/testing/index.js'
import { IQN, iscsiadm, PORTAL, record, stage } from './stage.js'

test('-o new: a flat file without a portal group, a directory with one; both then match', async () => {
  const host = stage()
  await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} -o new`)
  await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL},1 -o new`)
  expect(host.names(`/etc/iscsi/nodes/${IQN}`)).toEqual(['10.99.1.1,3260', '10.99.1.1,3260,1'])
  expect(host.names(`/etc/iscsi/nodes/${IQN}/10.99.1.1,3260,1`)).toEqual(['default'])
  const listed = await iscsiadm(host, '-m node')
  expect(listed.stdout).toBe(`${PORTAL},-1 ${IQN}\n${PORTAL},1 ${IQN}\n`)
  expect((await host.files.stat(`/etc/iscsi/nodes/${IQN}/10.99.1.1,3260`))?.mode).toBe(0o600)
  expect((await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} -I default -o show`)).stdout.match(/BEGIN RECORD/g)).toHaveLength(2)
})

test('a new record has the values of iscsid.conf and overwrites the old one', async () => {
  const host = stage()
  record(host, { 'node.session.auth.password': 'secret' })
  await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} -o new`)
  const text = host.text(`/etc/iscsi/nodes/${IQN}/10.99.1.1,3260`)
  expect(text).toContain('node.session.scan = auto')
  expect(text).toContain('node.session.initial_login_retry_max = 8')
  expect(text).not.toContain('secret')
})

test('several values are updated in one call; secrets are not shown', async () => {
  const host = stage()
  record(host)
  const set = '-n node.session.scan -v auto -n node.session.auth.password -v hidden'
  expect((await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} -o update ${set}`)).exitCode).toBe(0)
  const { stdout } = await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL}`)
  expect(stdout).toContain('node.session.scan = auto')
  expect(stdout).not.toContain('hidden')
  expect(host.ran.flat()).toContain('hidden')
})

test('comments and lines that are too long are not seen; text after the sign is the value', async () => {
  const host = stage()
  record(host, { '# node.session.scan': 'auto', 'node.session.auth.username': 'a = b # c', 'x.long': 'x'.repeat(2048) })
  const { stdout } = await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} -o show`)
  expect(stdout).toContain('node.session.auth.username = a = b # c')
  expect(stdout).toContain('node.session.scan = manual')
  expect(stdout).not.toContain('x.long')
})

test('the database may be elsewhere', async () => {
  const host = new FakeHost({ recordRoot: '/var/lib/iscsi' })
  await iscsiadm(host, `-m node -T ${IQN} -p [fd99:0::1]:3260,1 -o new`)
  expect(host.names(`/var/lib/iscsi/nodes/${IQN}`)).toEqual(['fd99::1,3260,1'])
  expect((await iscsiadm(host, `-m node -T ${IQN} -p [FD99::1]:3260 -o show`)).exitCode).toBe(0)
})

test('a record that contradicts its place is a mistake of who wrote it', async () => {
  const host = stage()
  host.put('/etc/iscsi/nodes/iqn.a/10.0.0.1,3260', 'node.name = iqn.b\n', { mode: 0o600 })
  await iscsiadm(host, '-m node')
  expect(host.problems).toHaveLength(2)
})
