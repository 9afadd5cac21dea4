/** The host of `--root`. */
import type { Host, Log } from '../core/host.js'

/** The host of a container: its root is mounted in this container, and its daemons are in the namespaces of its process 1. */
export async function hostBelow(root: string | undefined, log?: Log): Promise<Host | undefined> {
  if (root === undefined) return undefined
  const { createHost } = await import('../host/create-host.js')
  return createHost({ root, namespaces: { pid: 1 }, log })
}
