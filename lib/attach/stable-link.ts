/** A link of ours to each attached device: made after the proof, first to go at detach. */
import type { Host } from '../core/host.js'
import { digest } from '../operation/digest.js'

/** Owners may use the same ids; the default owner's links are named by the id alone. */
export function linkPath(runDir: string, owner: string, id: string): string {
  return `${runDir}/by-id/${owner === 'default' ? digest(id) : digest(owner, id)}`
}
export async function makeLink(host: Host, path: string, device: string): Promise<void> {
  await host.files.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o755)
  await host.files.link(path, device)
}
