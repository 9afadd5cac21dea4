/** A violated invariant ends the operation with ERR_INTERNAL. The library then changes nothing more on the host and keeps its records. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test, vi } from 'vitest'
import { INVARIANT_CHANNEL, requireInvariant } from '../../lib/core/invariant.js'
import { Claims } from '../../lib/operation/claims.js'
import { EntryWriter } from '../../lib/operation/entry-writer.js'
import { FakeHost } from '../../lib/testing/index.js'
import { BOOT, entryOf } from '../unit/operation/entries.js'
import { request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

describe('an invariant that is broken', () => {
  test('is an error that names it, a warning, a message on its channel, and a failure of verify()', () => {
    const host = new FakeHost()
    const told: unknown[] = []
    const hear = (message: unknown) => told.push(message)
    subscribe(INVARIANT_CHANNEL, hear)
    const broken = { invariant: 'one volume in a map', details: { paths: 2 } } as const
    requireInvariant(host, broken.invariant, true, broken.details)
    host.verify()
    expect(() => requireInvariant(host, broken.invariant, false, broken.details)).toThrow(/one volume in a map/)
    unsubscribe(INVARIANT_CHANNEL, hear)
    expect(told).toEqual([broken])
    expect(host.log.lines).toMatchObject([{ level: 'warn', fields: broken }])
    expect(() => host.verify()).toThrow(/one volume in a map/)
  })
  test('is not worth another try', () => {
    const host = new FakeHost()
    const raise = () => requireInvariant(host, 'recorded before created', false, {})
    expect(raise).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL', retryable: false }) as Error)
  })
  test('at an attach: nothing is rolled back, and the journal keeps what was begun', async () => {
    const world = await createFakeWorld()
    await serveOne(world)
    const attacher = await world.attacher()
    // The claim loses the login, which stands for its disk, between the login and the scan.
    let logins = 0
    const forgets = vi.spyOn(EntryWriter.prototype, 'requireRecorded').mockImplementation((key) => {
      if (key.startsWith('login')) logins += 1
      requireInvariant(world.host, 'recorded before created', logins < 2, { key })
    })
    await expect(attacher.attach(request('one'))).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      sideEffects: 'left',
      details: { invariant: 'recorded before created' },
    })
    forgets.mockRestore()
    await world.sleep(120_000)
    expect(await world.disks()).toEqual([])
    expect((await world.leftovers()).sessions).toHaveLength(1)
    expect(await attacher.list()).toMatchObject([{ id: 'one', state: 'attaching' }])
    expect(() => world.host.verify()).toThrow(/recorded before created/)
    await attacher.recover()
    expect((await world.leftovers()).sessions).toEqual([])
    await world.close()
  })
})

describe('a claim', () => {
  const disk = { kind: 'disk', key: 'disk 1 1', origin: 'found', data: {} } as const
  async function written(host = new FakeHost()) {
    const claims = new Claims(host, '/run/brickwork', BOOT)
    await claims.open()
    return { host, claim: new EntryWriter(host, claims, entryOf('v')) }
  }
  test('knows what it has recorded', async () => {
    const { claim } = await written()
    expect(() => claim.requireRecorded(disk.key)).toThrow(/recorded before created/)
    await claim.own({ ...disk, origin: 'intended' })
    claim.requireRecorded(disk.key)
    await claim.disown(disk.key)
    await claim.pend({ kind: 'login', key: 'login', untilMs: 1, data: {} })
    claim.requireRecorded('login')
    await claim.resolved('login')
    expect(() => claim.requireRecorded('login')).toThrow(/recorded before created/)
  })
  test('lets nothing go that was found', async () => {
    const { claim } = await written()
    expect(() => claim.requireOurs(disk)).toThrow(/only what is ours is removed/)
    for (const origin of ['intended', 'created', 'adopted'] as const) claim.requireOurs({ ...disk, origin })
  })
})
