/** Other storage software of the host that uses a device: LVM and the kernel's NVMe target. */
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { until } from './guest.js'
import { must, run } from './shell.js'

const GROUP = 'lab_users'
const SUBSYSTEM = '/sys/kernel/config/nvmet/subsystems/nqn.2024-01.org.example:users'

/** Returns a function that ends it. */
export async function logicalVolume(device: string): Promise<() => Promise<void>> {
  await must(['vgcreate', '--quiet', '--yes', GROUP, device])
  await must(['lvcreate', '--quiet', '--yes', '--wipesignatures', 'n', '--zero', 'n', '--name', 'data', '--extents', '1', GROUP])
  return async () => {
    // udev's programs have the volume open for a moment after each event.
    await until(async () => (await run(['vgchange', '--activate', 'n', GROUP])).code === 0, 'the volume group is inactive')
  }
}

/** Returns a function that ends it. */
export async function exportByNvmet(path: string): Promise<() => Promise<void>> {
  await must(['modprobe', 'nvmet'])
  const namespace = `${SUBSYSTEM}/namespaces/1`
  await mkdir(namespace, { recursive: true })
  await writeFile(`${namespace}/device_path`, path)
  await writeFile(`${namespace}/enable`, '1')
  return async () => {
    await writeFile(`${namespace}/enable`, '0')
    await rmdir(namespace)
    await rmdir(SUBSYSTEM)
  }
}
