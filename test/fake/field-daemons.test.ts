/** Output of daemons and tools is only a hint: /proc, sysfs and device-mapper decide. */
import { expect, test } from 'vitest'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { asMap, ended, serve } from './field.js'

test('a volume is attached and detached whatever multipathd answers', async () => {
  for (const multipathdAnswers of ['quotes', 'cut off', 'unreadable', 'fail', 'timeout'] as const) {
    const world = await serve({ multipathdAnswers })
    const attacher = await world.attacher()
    expect(await attacher.attach(asMap())).toMatchObject({ device: '/dev/dm-0', degraded: false })
    expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
    expect(await attacher.list()).toEqual([])
    await ended(world)
  }
})

test('a detach is done when all is gone, also if another program has taken the place of multipathd’s socket', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  const refusal = world.host.faults.plant({ on: 'kernel.exchange', matching: 'multipathd show', times: 100, does: { fail: 'EPERM' } })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  expect(refusal.met).toBeGreaterThan(0)
  refusal.withdraw()
  await ended(world)
})

test('no path is handed out under a multipathd that makes maps by itself, wherever its pid file and its socket are', async () => {
  const elsewhere: readonly FakeHostOptions[] = [
    { multipathdPidFile: '/run/multipathd/multipathd.pid' },
    { multipathdPidFile: undefined },
    { multipathdContainer: 'host network' },
    { multipathdContainer: 'own network' },
  ]
  for (const options of elsewhere) {
    const world = await serve({ findMultipaths: 'no', ...options })
    const attacher = await world.attacher()
    const { device, paths } = await attacher.attach(request('one', { portals: PORTALS, policy: { multipath: 'prefer' } }))
    expect([device, paths.length]).toEqual(['/dev/dm-0', 4])
    expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
    await ended(world)
  }
})

test('where no multipathd runs, an attach that requires a map says what was looked for', async () => {
  const world = await serve({ multipathd: 'stopped', multipathdSocketActivated: true })
  world.host.put('/run/multipathd.pid', '1')
  const attacher = await world.attacher()
  await expect(attacher.attach(asMap())).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_UNAVAILABLE',
    message: expect.stringContaining('/proc shows no multipathd process') as string,
    sideEffects: 'none',
  })
  expect(world.host.multipathd.running).toBe(false)
  await ended(world)
})

test('a map is resized, told to fail and removed, whatever characters its alias has', async () => {
  for (const alias of ['my vol', 'a "b" c', 'umläut', 'x#y {z}!', 'a%20b']) {
    const world = await serve({ noPathRetry: 'queue' })
    const wwid = `3${world.host.storage.volumeNamed('data').naa ?? ''}`
    world.host.multipathd.configure({ multipathAliases: { [wwid]: alias } })
    const attacher = await world.attacher()
    const { multipath } = await attacher.attach(asMap())
    expect(multipath?.name).toMatch(/\\x/)
    const note = world.host.log.lines.find(({ message }) => message.includes('characters that device-mapper escapes'))
    expect(note?.fields['name']).toBe(multipath?.name)
    world.host.storage.resize('data', 128)
    expect(await attacher.resize('one')).toMatchObject({ sizeBytes: 128 * 1024 * 1024 })
    for (const portal of PORTALS) await world.portal(portal, 'drop')
    await world.sleep(30_000)
    expect(await attacher.detach('one', { onNoPaths: 'fail-io' })).toMatchObject({ outcome: 'released' })
    expect(world.host.trace.filter(({ subject }) => /(del|disablequeueing|resize) map /.test(subject)).length).toBeGreaterThanOrEqual(3)
    for (const portal of PORTALS) await world.portal(portal, 'open')
    await ended(world)
  }
})
