/** Errors name the step that the operation was at, also when no step of its own was running. */
import { expect, test } from 'vitest'
import { PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const portals = [PORTAL, SECOND_PORTAL]
async function twoPaths(): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveOne(world)
  await world.target({ iqn: 'iqn.2024-01.org.example:second', portals: [SECOND_PORTAL], luns: { 1: 'data' } })
  return world
}
const asked = request('one', { portals, policy: { multipath: 'require' } })

test('a time-out while several paths come up names the step that they are at', async () => {
  const world = await twoPaths()
  // Each scan waits in the kernel for longer than the attach.
  world.host.faults.plant({ on: 'kernel.write', matching: 'scan', times: portals.length, does: { delayMs: 60_000 } })
  const attacher = await world.attacher()
  await expect(attacher.attach(asked, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', step: 'scan' })
  await world.sleep(120_000)
  await world.close()
})

test("a caller's abort while several paths come up names the step that they are at", async () => {
  const world = await twoPaths()
  for (const portal of portals) await world.portal(portal, 'mute')
  const attacher = await world.attacher()
  const controller = new AbortController()
  const attaching = attacher.attach(asked, { signal: controller.signal })
  attaching.catch(() => undefined)
  await world.sleep(2000)
  controller.abort()
  await expect(attaching).rejects.toMatchObject({ code: 'ERR_ABORTED', step: 'login' })
  await world.close()
})

test('each reason is said once, with the paths that have it', async () => {
  const world = await twoPaths()
  await world.target({ iqn: 'iqn.2024-01.org.example:empty', portals, luns: {} })
  const attacher = await world.attacher()
  const policy = { multipath: 'require', lun: { waitMs: 0 } } as const
  const attaching = attacher.attach(request('one', { portals, iqn: 'iqn.2024-01.org.example:empty', lun: 9, policy }))
  await expect(attaching).rejects.toMatchObject({
    code: 'ERR_LUN_NOT_FOUND',
    step: 'scan',
    message: expect.stringMatching(
      /^No path to the volume, 2 tried: 10\.99\.1\.1:3260, 10\.99\.2\.1:3260: iqn\.2024-01\.org\.example:empty shows no LUN 9[^:;]*$/,
    ) as string,
    attempts: portals.map((path) => ({ path, step: 'scan', code: 'ERR_LUN_NOT_FOUND' })),
  })
  await world.close()
})

test('a reason that names its path is said once, with all paths in that place', async () => {
  const world = await twoPaths()
  for (const portal of portals) await world.portal(portal, 'drop')
  const attacher = await world.attacher()
  await expect(attacher.attach(asked)).rejects.toMatchObject({
    message: 'No path to the volume, 2 tried: Portal 10.99.1.1:3260, 10.99.2.1:3260 cannot be reached: no answer',
    attempts: portals.map((path) => ({ path, message: `Portal ${path} cannot be reached: no answer` })),
  })
  await world.close()
})
