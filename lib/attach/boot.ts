import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

export async function bootId(host: Host): Promise<string | undefined> {
  return await host.files.read(BOOT_ID)
}

/** The id of this boot. @throws `ERR_UNSUPPORTED_PLATFORM` for a directory that is not the root of a Linux host. */
export async function requireBoot(host: Host): Promise<string> {
  const boot = await bootId(host)
  if (boot !== undefined) return boot
  throw new BrickworkError(
    'ERR_UNSUPPORTED_PLATFORM',
    `This is not the root directory of a Linux host: ${BOOT_ID} is missing. In a container, mount the root directory of the host with everything below it (--volume /:/host:rslave), and name it: createHost({ root: '/host' })`,
    { details: { path: BOOT_ID } },
  )
}
