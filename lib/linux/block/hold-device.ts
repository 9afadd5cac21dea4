/** Holds a device so that no other program can mount it or build on it. */
import type { Hold, Host } from '../../core/host.js'
import { type BlockDevice, readBlockDevice } from './device.js'
import { readLeads } from './leads.js'

/**
 * Opens the device with O_EXCL. That fails for a map with partition maps: they hold it for device-mapper, which already keeps other
 * programs out. Then opens each partition map with O_EXCL instead. `busy`: the device or one of its partition maps is in use.
 */
export async function holdDevice(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Hold | 'busy' | 'gone'> {
  const whole = await host.kernel.hold(`/dev/${device.name}`, signal)
  if (whole !== 'busy') return whole
  const now = await readBlockDevice(host, device.name, signal)
  if (now === undefined) return 'gone'
  const { partitionMaps, built } = await readLeads(host, now, signal)
  if (partitionMaps.length === 0 || built.length > 0) return 'busy'
  const holds: Hold[] = []
  const release = async () => {
    await Promise.all(holds.splice(0).map((hold) => hold.release()))
  }
  try {
    for (const { name } of partitionMaps) {
      const hold = await host.kernel.hold(`/dev/${name}`, signal)
      if (hold === 'busy') {
        await release()
        return 'busy'
      }
      if (hold !== 'gone') holds.push(hold)
    }
    return holds.length === 0 ? 'busy' : { release }
  } catch (error) {
    await release()
    throw error
  }
}
