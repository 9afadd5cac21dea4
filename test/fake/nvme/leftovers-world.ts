/** A world whose leftovers are those of NVMe. */
import type { FakeHostOptions } from '../../../lib/testing/index.js'
import { createFakeWorld, type FakeWorld } from '../../world/fake/world.js'

/** Controllers count as sessions, and namespaces as disks. */
export async function createNvmeWorld(options: FakeHostOptions): Promise<FakeWorld> {
  const world = await createFakeWorld({ nvme: '6.1', ...options })
  const { host } = world
  const leftovers = async () => {
    const [controllers, subsystems, blocks] = ['/sys/class/nvme', '/sys/class/nvme-subsystem', '/sys/block'].map((at) => host.names(at))
    return Promise.resolve({
      sessions: controllers ?? [],
      records: controllers?.length === 0 ? (subsystems ?? []) : [],
      disks: (blocks ?? []).filter((name) => /^nvme\d+n\d+$/.test(name)),
      maps: (blocks ?? []).filter((name) => name.startsWith('dm-')).map((name) => host.text(`/sys/block/${name}/dm/name`) ?? name),
    })
  }
  return Object.defineProperty(world, 'leftovers', { value: leftovers })
}
