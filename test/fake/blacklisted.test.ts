/** Disks that multipath.conf blacklists on purpose: no attach waits for a map that cannot come. */
import { expect, test } from 'vitest'
import { IQN } from '../world/expect.js'
import { asMap, ended, overAll, serve } from './field.js'

/** Logins, scans and udev's rules take less time. Waiting for a map would take ten seconds. */
const SOON_MS = 3000

test.each([
  ['by the name of the device', '^sd[a-z]+', /sd[a-z]/],
  ['by the WWID', '^36001405', /36001405/],
])('blacklisted %s: a single device at once, or an error that names it', async (_, pattern, named) => {
  const world = await serve({ multipathBlacklist: [pattern] })
  const attacher = await world.attacher()
  const from = world.now()
  const { degraded, multipath, paths } = await attacher.attach(overAll({ policy: { multipath: 'prefer' } }))
  expect(world.now() - from).toBeLessThan(SOON_MS)
  expect([degraded, multipath, paths.length]).toEqual([true, null, 1])
  expect(await world.sessions(IQN)).toHaveLength(1)
  const note = world.host.log.lines.find(({ message }) => message.includes('blacklists the volume'))
  expect(note?.fields['blacklisted']).toMatch(named)
  await attacher.detach('one')

  const again = world.now()
  const message: unknown = expect.stringMatching(new RegExp(`blacklists ${named.source}`))
  await expect(attacher.attach(asMap())).rejects.toMatchObject({ code: 'ERR_MULTIPATH_NOT_FORMED', sideEffects: 'undone', message })
  expect(world.now() - again).toBeLessThan(SOON_MS)
  await ended(world)
})

test('a multipathd that refuses for another reason is waited for', async () => {
  const world = await serve()
  const refusal = new TextEncoder().encode('fail\n\0')
  world.host.faults.plant({ on: 'kernel.exchange', matching: 'add map', times: 2, does: { answer: refusal } })
  const attacher = await world.attacher()
  expect((await attacher.attach(asMap())).multipath).not.toBeNull()
  await attacher.detach('one')
  await ended(world)
})
