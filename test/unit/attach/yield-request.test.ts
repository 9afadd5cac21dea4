/** A caller that waits for an attachment writes a yield request. If it can't be written, the wait ends and the lock is released. */
import { expect, test } from 'vitest'
import { request, serveOne } from '../../world/expect.js'
import { createFakeWorld } from '../../world/fake/world.js'

test('a lock that comes to somebody who has given up is given back', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  const other = await world.attacher()
  world.host.faults.plant({ on: 'commands.run', matching: '--login', does: { delayMs: 500 } })
  world.host.faults.plant({ on: 'files.makeDirectory', matching: 'yield-requests', does: { fail: 'EACCES' } })
  const first = attacher.attach(request('one'))
  await expect(other.detach('one')).rejects.toMatchObject({ code: 'ERR_PERMISSION', step: 'admit' })
  await first
  await world.sleep(100)
  expect(world.host.locked).toEqual([])
  await attacher.detach('one')
  await world.close()
})
