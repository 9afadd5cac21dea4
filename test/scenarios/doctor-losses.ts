/** The doctor on a real kernel: what was lost or left behind since the attach. */
import type { Scenario } from '../play/scenario.js'
import { examine } from '../world/doctor.js'
import { attachOk, detachOk, expectClean, request, serveOne } from '../world/expect.js'

export const doctorOrphans: Scenario = {
  name: 'doctor-orphans',
  title: 'journal and claims are lost: what Brickwork made is reported, until a recovery removes it',
  run: async (world, story) => {
    await serveOne(world)
    const attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    await attacher.close()
    await examine(world, story, 'before', ['state.orphans'])
    await world.remove(world.stateDir)
    await world.remove(world.runDir)
    await examine(world, story, 'without journal and claims', ['state.orphans', 'state.journal'])
    await using recovering = await world.attacher()
    await recovering.recover()
    await examine(world, story, 'after the recovery', ['state.orphans'])
    await expectClean(world, 'after the recovery')
  },
}

export const doctorDevices: Scenario = {
  name: 'doctor-devices',
  title: 'another program removes the disk of an attached volume, which is still mounted in a namespace of its own',
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    await using attacher = await world.attacher()
    const { device, paths } = await attachOk(story, attacher, request('one', { policy: { multipath: 'never' } }))
    const ids = ['host.leaked-mounts', 'host.stale-mounts', 'state.devices']
    const mounted = await world.mount(device, { otherNamespace: true })
    await examine(world, story, 'mounted', ids)
    const deletion = await world.startDeleting(paths[0]?.hctl ?? '')
    await deletion.ended
    await examine(world, story, 'without the disk', ids)
    await mounted.unmount()
    await examine(world, story, 'unmounted', ids)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}
