/** A port that was lost a moment ago, so that its disks are blocked and answer nothing. */
import { expect, test } from 'vitest'
import { asMap, ended, MAPPED, PATHS, RIGHT, SECOND, started } from './world.js'

test.each([
  ['a map that multipathd has made', MAPPED],
  ['no map yet', { multipathd: 'running' } as const],
])('with %s, an attach returns with the other path, and the lost one joins', async (_, options) => {
  const fc = await started(options)
  fc.world.host.fc.setLink(RIGHT, false)
  const from = fc.world.host.clock.now()
  const { paths, device, degraded } = await fc.attacher.attach(asMap('one'))
  expect([paths.map(({ label }) => label), degraded]).toEqual([[PATHS[0]], true])
  expect(fc.world.host.clock.now() - from).toBeLessThan(20 * SECOND)
  fc.world.host.fc.setLink(RIGHT, true)
  await fc.world.sleep(30 * SECOND)
  expect(fc.world.host.volumesBehind(device)).toEqual(['data', 'data'])
  await fc.attacher.detach('one')
  await ended(fc)
})
