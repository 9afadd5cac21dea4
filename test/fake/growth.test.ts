/** An agent runs for months: it must forget ids, sessions and portals that no longer exist. */
import { expect, test } from 'vitest'
import { FailedPortals } from '../../lib/connectors/iscsi/failed-portals.js'
import { LoginRegistry } from '../../lib/connectors/iscsi/login-registry.js'
import { BrickworkError } from '../../lib/core/errors.js'
import { Claims } from '../../lib/operation/claims.js'
import { EntryWriter } from '../../lib/operation/entry-writer.js'
import { FakeClock } from '../../lib/testing/time/fake-clock.js'
import { FakeHost } from '../../lib/testing/index.js'
import { BOOT, entryOf } from '../unit/operation/entries.js'

const MANY = 1000
const { signal } = new AbortController()

test('claims that come and go between two looks leave nothing', async () => {
  const host = new FakeHost()
  const claims = new Claims(host, '/run/brickwork', BOOT)
  await claims.open()
  for (let index = 0; index < MANY; index++) {
    const claim = new EntryWriter(host, claims, entryOf(`v${index}`))
    await claim.own({ kind: 'disk', key: `disk ${index}`, origin: 'intended', data: {} })
    await claim.pend({ kind: 'login', key: `login ${index}`, untilMs: 1, data: {} })
    await claims.drop(claim.entry.owner, claim.entry.id)
  }
  expect(claims.size).toBe(0)
})

test('an object that two attachments shared is forgotten with the last of them', async () => {
  const host = new FakeHost()
  const claims = new Claims(host, '/run/brickwork', BOOT)
  await claims.open()
  for (let index = 0; index < 10; index++) {
    const [one, two] = [new EntryWriter(host, claims, entryOf('one')), new EntryWriter(host, claims, entryOf('two'))]
    const session = { kind: 'session', key: `session ${index}`, origin: 'created', data: {} } as const
    await one.own(session, true)
    await two.own(session)
    await claims.all()
    for (const { entry } of [one, two]) await claims.drop(entry.owner, entry.id)
    await claims.all()
  }
  expect(claims.size).toBe(0)
})

test('portals and targets that failed are forgotten after a while', async () => {
  const clock = new FakeClock()
  const failed = new FailedPortals()
  const logins = new LoginRegistry()
  for (let index = 0; index < MANY; index++) {
    const portal = { address: `10.0.${index >> 8}.${index & 255}`, port: 3260 }
    failed.failed(clock, portal)
    logins.failed(clock, { iqn: `iqn.${index}`, portal, iface: 'default' }, 5, new BrickworkError('ERR_TARGET_UNREACHABLE', 'silent'))
    await clock.sleep(1000, signal)
  }
  expect(failed.size).toBeLessThanOrEqual(31)
  expect(logins.size).toBeLessThanOrEqual(31)
})
