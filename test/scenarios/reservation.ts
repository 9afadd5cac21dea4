/** Another host of a cluster holds a persistent reservation on the volume, as fencing does. */
import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, released, request, SECOND_PORTAL, truthy } from '../world/expect.js'
import type { Scenario } from '../play/scenario.js'
import { WRITTEN_LATER_AT } from '../world/world.js'

export const reservation: Scenario = {
  name: 'reservation',
  title:
    'another host reserves the volume: an attach works, reads are answered, and what cannot be written is given up by force only, and named',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
    await using attacher = await world.attacher()
    const free = await world.reserve(IQN, SECOND_PORTAL, 1)
    const { device } = await attachOk(story, attacher, request('reserved before'))
    equal((await world.read(device, 4096)).length, 4096, 'bytes read')
    equal(await world.write(device, 'of this host'), 'refused', 'a write past the page cache')
    await story.tell('detach with nothing written', attacher.detach('reserved before'), released)
    await free()
    await story.tell('detach after the reservation', attacher.detach('reserved before'), released)
    await expectClean(world, 'after the first')

    const written = await attachOk(story, attacher, request('reserved after'))
    const writer = await world.writeLater(written.device, 'soon lost')
    const freeAgain = await world.reserve(IQN, SECOND_PORTAL, 1)
    const before = await world.leftovers()
    await story.tell('detach while it is open', attacher.detach('reserved after'))
    equal(await world.leftovers(), before, 'the host after the refusal')
    const report = await detachOk(story, attacher, 'reserved after', { force: true })
    // The kernel can no longer write the cached data of the device. With force the detach discards it, and reports that.
    truthy(
      report.overridden.some(({ step, code, reason }) => step === 'flush' && code === 'ERR_KERNEL' && reason.includes('EIO')),
      `the flush that was refused: ${JSON.stringify(report.overridden)}`,
    )
    await writer.close()
    await freeAgain()
    equal(await world.content('data', 9, WRITTEN_LATER_AT), new Uint8Array(9), 'what is where the program wrote')
    await expectClean(world, 'after the second')
  },
}
