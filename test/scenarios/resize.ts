/** The volume grows on the storage side. The host notices it when it rescans. */
import type { Attacher } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, inspected, request, serveOne } from '../world/expect.js'
import { eventually, FIRST, multipath, pathsOf, serveFour } from '../world/four.js'
import type { Scenario, Story } from '../play/scenario.js'

const MIB = 1024 * 1024
const grow = (story: Story, attacher: Attacher, what: string, sizeMb?: number) =>
  story.tell(what, attacher.resize('one', sizeMb === undefined ? {} : { sizeBytes: sizeMb * MIB, timeoutMs: 30_000 }), (report) => {
    const { beforeBytes, sizeBytes, layers } = report
    return { mib: [beforeBytes / MIB, sizeBytes / MIB], layers: layers.map((layer) => `${layer.beforeBytes} → ${layer.afterBytes}`).sort() }
  })

export const resizeMap: Scenario = {
  name: 'resize-map',
  title: 'a volume on four paths grows: paths, then map; a path that is down is waited for; it does not shrink',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one', { paths: { min: 'all' } }))
    await grow(story, attacher, 'nothing has changed')
    await world.resizeVolume('data', 96)
    await grow(story, attacher, 'grown to 96 MiB', 96)
    equal((await inspected(attacher, 'one')).sizeBytes, 96 * MIB, 'size of the map')

    await world.portal(FIRST, 'refuse')
    await eventually(world, 'three active paths', async () => (await pathsOf(world)) === 3)
    await world.resizeVolume('data', 128)
    await grow(story, attacher, 'grown to 128 MiB with a path down')
    equal((await inspected(attacher, 'one')).sizeBytes, 96 * MIB, 'size of the map meanwhile')
    await world.portal(FIRST, 'open')
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    // The version decides who grows the map: since 0.10 multipathd does it by itself when the path is back.
    await story.tell('when the path is back', attacher.resize('one'), ({ sizeBytes, layers }) => {
      return { mib: sizeBytes / MIB, layers: layers.map(({ afterBytes }) => afterBytes) }
    })
    equal((await inspected(attacher, 'one')).sizeBytes, 128 * MIB, 'size of the map in the end')

    await world.resizeVolume('data', 64)
    await grow(story, attacher, 'shrunk to 64 MiB')
    await world.resizeVolume('data', 128)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const resizeDisk: Scenario = {
  name: 'resize-disk',
  title: 'a volume on a single path grows, and the size that was promised is waited for',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    await grow(story, attacher, 'not grown yet', 96)
    await world.resizeVolume('data', 96)
    await grow(story, attacher, 'grown', 96)
    await detachOk(story, attacher, 'one')
    await story.tell('resize what is not attached', attacher.resize('one'))
    await expectClean(world, 'after the detach')
  },
}
