/** The stable link of each attached device. Attach creates it after verifying the volume; detach removes it first. */
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { digest } from '../operation/digest.js'

/** Two owners may use the same id, so the path depends on both. For the default owner it depends on the id alone. */
export function linkPath(runDir: string, owner: string, id: string): string {
  return `${runDir}/by-id/${owner === 'default' ? digest(id) : digest(owner, id)}`
}
export async function makeLink(host: Host, path: string, device: string): Promise<void> {
  try {
    await host.files.link(path, device)
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_KERNEL') || error.details['errno'] !== 'ENOENT') throw error
    await host.files.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o755) // the first link since the boot
    await host.files.link(path, device)
  }
}
