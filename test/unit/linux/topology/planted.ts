/** A host as files in a folder. The real addon reads it below a root of its own. */
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Host } from '../../../../lib/core/host.js'
import { createHost } from '../../../../lib/index.js'
import { readTopology } from '../../../../lib/linux/topology/read.js'
import type { BlockTopology } from '../../../../lib/api/topology.js'
import { forever, temporaryDirectory } from '../../host/temporary-directory.js'

export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>

/** Text as sysfs writes it, with a newline; a link as it is. */
export async function plant(files: Files): Promise<Host> {
  const root = await temporaryDirectory()
  await mkdir(join(root, 'sys'))
  await mkdir(join(root, 'proc'))
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path)
    await mkdir(dirname(file), { recursive: true })
    if (typeof content === 'string') await writeFile(file, `${content}\n`)
    else if (content instanceof Uint8Array) await writeFile(file, content)
    else await symlink(content.link, file)
  }
  return createHost({ root })
}
export async function look(host: Host): Promise<BlockTopology> {
  return await readTopology(host, { ofDevice: () => [], ofObject: () => [] }, forever)
}

/** A block device below `directory` of sysfs, with its place in `/sys/class/block`. */
export function blockDevice(directory: string, number: string, more: Files = {}): Files {
  const name = directory.slice(directory.lastIndexOf('/') + 1)
  const own = Object.entries({ dev: number, size: '2048', ro: '0', ...more }).map(([file, content]) => [`${directory}/${file}`, content])
  return { ...(Object.fromEntries(own) as Files), [`sys/class/block/${name}`]: { link: `../../${directory.replace(/^sys\//, '')}` } }
}
export function classLink(subsystem: string, directory: string): Files {
  const name = directory.slice(directory.lastIndexOf('/') + 1)
  return { [`sys/class/${subsystem}/${name}`]: { link: `../../${directory.replace(/^sys\//, '')}` } }
}
/** A process in a mount namespace. */
export function processOf(pid: number, namespace: number, mountinfo: string, comm = 'program'): Files {
  return {
    [`proc/${pid}/ns/mnt`]: { link: `mnt:[${namespace}]` },
    [`proc/${pid}/mountinfo`]: mountinfo,
    [`proc/${pid}/comm`]: comm,
  }
}
