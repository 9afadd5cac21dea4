import { expect, test } from 'vitest'
import { EntryWriter } from '../../../lib/operation/entry-writer.js'
import { Claims } from '../../../lib/operation/claims.js'
import type { Entry, Pending } from '../../../lib/operation/entry.js'
import { FakeHost } from '../../../lib/testing/index.js'

const entry: Entry = {
  schema: 2,
  id: 'one',
  owner: 'default',
  boot: 'boot',
  state: 'attaching',
  pid: 1,
  atMs: 0,
  connection: { protocol: 'iscsi' },
  objects: [],
  pending: [],
  layers: [],
  publications: [],
  result: null,
}
const login = (key: string): Pending => ({ kind: 'login', key, untilMs: 0, data: {} })
const disk = (key: string) => ({ kind: 'disk', key, origin: 'created' as const, data: {} })

/** Two logins are pending. `written` tells the objects of each write of the claim since, and when it was. */
async function twoLogins() {
  const host = new FakeHost()
  const claims = new Claims(host, '/run/brickwork', 'boot')
  await claims.open()
  const writer = new EntryWriter(host, claims, entry)
  await Promise.all([writer.pend(login('a')), writer.pend(login('b'))])
  const [from, { length }] = [host.clock.now(), host.trace]
  const written = () =>
    host.trace
      .slice(length)
      .filter(({ call }) => call === 'files.replace')
      .map(({ atMs }) => atMs - from)
  const patiently = (key: string) => writer.record({ own: [disk(`disk ${key}`)], resolved: key }, true)
  return { host, claims, writer, written, patiently }
}
const NEVER = new AbortController().signal

test('a patient record waits for the last pending work, and one write has both', async () => {
  const { host, claims, patiently, written } = await twoLogins()
  const first = patiently('a')
  await host.clock.sleep(30, NEVER)
  expect(written()).toEqual([])
  await Promise.all([first, patiently('b')])
  expect(written()).toEqual([30])
  expect((await claims.read('default', 'one'))?.objects.map(({ key }) => key)).toEqual(['disk a', 'disk b'])
})
test('it does not wait longer than 50 ms, and not for anybody who is in a hurry', async () => {
  const slow = await twoLogins()
  await slow.patiently('a')
  expect(slow.written()).toEqual([50])
  const quick = await twoLogins()
  const first = quick.patiently('a')
  await quick.host.clock.sleep(10, NEVER)
  await quick.writer.own(disk('map'))
  await first
  expect(quick.written()).toEqual([10])
})
test('who is in a hurry while the write before has not ended does not wait either', async () => {
  const { host, writer, patiently, written } = await twoLogins()
  const [before, first, second] = [writer.own(disk('record')), patiently('a'), writer.own(disk('map'))]
  await Promise.all([before, first, second])
  expect(written().every((ms) => ms === 0)).toBe(true)
  expect(host.clock.now()).toBeLessThan(1000)
})
