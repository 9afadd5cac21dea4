/** The stable link of each attached device. Attach creates it after verifying the volume; detach removes it first. */
import type { Host } from '../core/host.js'
import { digest } from '../operation/digest.js'

/** Two owners may use the same id, so the path depends on both. For the default owner it depends on the id alone. */
export function linkPath(runDir: string, owner: string, id: string): string {
  return `${runDir}/by-id/${owner === 'default' ? digest(id) : digest(owner, id)}`
}
export async function makeLink(host: Host, path: string, device: string): Promise<void> {
  await host.files.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o755)
  await host.files.link(path, device)
}
