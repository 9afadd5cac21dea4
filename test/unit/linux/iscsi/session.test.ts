import { describe, expect, test, vi } from 'vitest'

import type { Tree } from '../../../../lib/core/tree.js'
import { placeOfSession, readSessions, readSessionsOf, samePortal } from '../../../../lib/linux/iscsi/session.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { forever, iscsiadm, IQN, logIn, withDisk } from '../machine.js'

/** A session in sysfs, file by file, without the `missing` file. `changes` are by the last name of the path. */
function sysfs(host: FakeHost, missing = '', changes: Readonly<Record<string, string>> = {}): void {
  const session = '/sys/devices/platform/host8/session9'
  const files: Readonly<Record<string, string>> = {
    [`${session}/iscsi_session/session9/targetname`]: IQN,
    [`${session}/iscsi_session/session9/state`]: 'LOGGED_IN',
    [`${session}/iscsi_session/session9/ifacename`]: 'storage-1',
    [`${session}/connection9:0/iscsi_connection/connection9:0/persistent_address`]: '192.0.2.9',
    [`${session}/connection9:0/iscsi_connection/connection9:0/persistent_port`]: '860',
  }
  for (const [path, text] of Object.entries(files)) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (missing === '' || !path.includes(missing)) host.put(path, `${changes[name] ?? text}\n`)
  }
  if (missing !== '/iscsi_session/') {
    host.putLink(`${session}/iscsi_session/session9/device`, '../../../session9')
    host.putLink('/sys/class/iscsi_session/session9', '../../devices/platform/host8/session9/iscsi_session/session9')
  }
}

describe('the sessions of a machine', () => {
  test('are those that are logged in, with what was asked for', async () => {
    const { host } = await withDisk()
    const [session, ...others] = await readSessions(host, forever)
    expect(session).toEqual({
      id: 1,
      target: IQN,
      portal: { address: '192.0.2.1', port: 3260 },
      iface: 'default',
      portalGroup: 1,
      state: 'LOGGED_IN',
      place: await placeOfSession(host, 1),
      replacementTimeoutSec: 120,
    })
    expect(others).toEqual([])
    host.verify()
  })
  test('are none on a machine without iSCSI', async () => {
    const host = new FakeHost()
    host.take('/sys/class/iscsi_session')
    expect(await readSessions(host, forever)).toEqual([])
  })
  test('are known by their attributes, at whatever places', async () => {
    const host = new FakeHost()
    sysfs(host)
    expect(await readSessions(host, forever)).toEqual([
      {
        id: 9,
        target: IQN,
        portal: { address: '192.0.2.9', port: 860 },
        iface: 'storage-1',
        state: 'LOGGED_IN',
        place: { directory: '/sys/devices/platform/host8/session9', hostNumber: 8 },
      },
    ])
  })
  test('of one target are those with exactly its name', async () => {
    const { host } = await withDisk()
    sysfs(host, '', { targetname: `${IQN}-2` })
    const numbers = async (target: string) => (await readSessionsOf(host, target, forever)).map(({ id }) => id)
    expect([await numbers(IQN), await numbers(`${IQN}-2`), await numbers(`${IQN}-`)]).toEqual([[1], [9], []])
    expect((await readSessions(host, forever)).map(({ id }) => id)).toEqual([1, 9])
  })
  test('of others are not read, and who asks for several at the same time shares one look', async () => {
    const { host } = await withDisk()
    sysfs(host, '', { targetname: `${IQN}-2` })
    const reads = vi.spyOn(host.kernel, 'readTree')
    const first = readSessionsOf(host, IQN, forever)
    await host.clock.sleep(0, forever) // it is under way
    const all = await Promise.all([first, ...[`${IQN}-3`, `${IQN}-2`].map((target) => readSessionsOf(host, target, forever))])
    expect(all.map((sessions) => sessions.map(({ id }) => id))).toEqual([[1], [], [9]])
    const trees = await Promise.all(reads.mock.results.map(({ value }) => value as Promise<Tree>))
    expect(trees.map((tree) => tree.children().map(({ name }) => name))).toEqual([['session1'], ['session9']])
  })
  test('of IPv6 have the address in the form of a portal', async () => {
    const host = new FakeHost()
    sysfs(host, '', { persistent_address: '2001:0DB8:0000:0000:0000:0000:0000:0001' })
    expect((await readSessions(host, forever))[0]?.portal).toEqual({ address: '2001:db8::1', port: 860 })
  })
  test.each(['targetname', 'persistent_address', 'persistent_port', '/iscsi_connection/', '/connection9:0/', '/iscsi_session/'])(
    'are not those that are being made or taken away: without %s',
    async (missing) => {
      const { host } = await withDisk()
      sysfs(host, missing)
      expect((await readSessions(host, forever)).map(({ id }) => id)).toEqual([1])
    },
  )
  test('are not those whose connection the kernel has made and iscsid not yet described', async () => {
    const host = new FakeHost()
    sysfs(host, '', { persistent_address: '(null)', persistent_port: '0' })
    expect(await readSessions(host, forever)).toEqual([])
  })
  test('need no iface and no state to be seen', async () => {
    const host = new FakeHost()
    sysfs(host, 'ifacename')
    expect(await readSessions(host, forever)).toMatchObject([{ iface: 'default', state: 'LOGGED_IN' }])
    sysfs((host.take('/sys/devices/platform/host8'), host), 'state')
    expect(await readSessions(host, forever)).toMatchObject([{ iface: 'storage-1', state: 'unknown' }])
  })
  test('are all shown when one target has several', async () => {
    const host = new FakeHost()
    host.storage.volume('one')
    await logIn(host, { 1: 'one' })
    await iscsiadm(host, '-m', 'node', '-T', IQN, '-p', '192.0.2.1:3260', '--logout')
    await logIn(host, { 1: 'one' })
    sysfs(host)
    expect((await readSessions(host, forever)).map(({ id, target }) => [id, target])).toEqual([
      [2, IQN],
      [9, IQN],
    ])
  })
})

test('a session is at the place where its disks are, by the number of its SCSI host', async () => {
  const { host, session } = await withDisk()
  expect(await placeOfSession(host, 1)).toEqual({ directory: session, hostNumber: 0 })
  expect(await placeOfSession(host, 2)).toBeUndefined()
})

test('portals are the same by address and port', () => {
  const portal = { address: '192.0.2.1', port: 3260 }
  expect(samePortal(portal, { ...portal })).toBe(true)
  expect(samePortal(portal, { ...portal, port: 860 })).toBe(false)
  expect(samePortal(portal, { ...portal, address: '192.0.2.2' })).toBe(false)
})
