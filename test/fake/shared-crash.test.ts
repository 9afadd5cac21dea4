/** Two owners of one session: one dies while it begins to use the session, and the other releases it. */
import { test } from 'vitest'
import { createAttacher } from '../../lib/index.js'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const SECOND = { owner: 'second', stateDir: '/var/lib/brickwork-second', runDir: '/run/brickwork' }

test('whoever is the last to use a session knows of its record, wherever he died', async () => {
  for (let call = 1; ; call++) {
    const world = await createFakeWorld()
    for (const volume of ['data', 'other']) await world.volume(volume)
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'other' } })
    const first = await world.attacher()
    await first.attach(request('one'))
    const host = world.host.process()
    const second = await createAttacher({ ...SECOND, host })
    host.crashAt(host.calls + call, 'after')
    const attached = second.attach(request('two', { lun: 2 })).then(() => true)
    const outlived = await Promise.race([attached, host.died.then(() => false)])
    await first.detach('one')
    const next = await createAttacher({ ...SECOND, host: host.crash() })
    await world.sleep(30_000)
    await next.recover()
    await next.detach('two')
    await next.close()
    await world.close()
    await expectClean(world, `after a death behind call ${call}`)
    if (outlived) return
  }
})
