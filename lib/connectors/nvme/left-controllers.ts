/**
 * Controllers that a detached attachment had connected, and that stayed because other namespaces of the subsystem were in use. They are
 * written down, so that a later detach in the subsystem deletes them once nobody needs them. The caller holds the subsystem's lock.
 */
import { isBrickworkError } from '../../core/errors.js'
import { controllerInode } from '../../linux/nvme/read.js'
import { digest } from '../../operation/digest.js'
import type { HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { controllerObject, inodeOf, instanceOf, portalPathIn } from './objects.js'

const directoryOf = ({ runDir }: Operation) => `${runDir}/nvme`
const fileOf = (operation: Operation, key: string) => `${directoryOf(operation)}/${digest(key)}.json`

/** Before the attachment forgets the controller: a process that dies in between leaves none that nobody knows. */
export async function leaveController(operation: Operation, { key, data }: HostObject): Promise<void> {
  const { files } = operation.host
  await files.makeDirectory(directoryOf(operation), 0o700)
  await files.replace(fileOf(operation, key), JSON.stringify({ boot: operation.claim.entry.boot, data }), 0o600)
}
/** The controller is gone, or an attachment names it again. */
export async function forgetLeft(operation: Operation, key: string): Promise<void> {
  await operation.host.files.remove(fileOf(operation, key))
}
/** The controller of this key, if one was left and is still there. */
export async function leftController(operation: Operation, key: string): Promise<HostObject | undefined> {
  const object = await readLeft(operation, fileOf(operation, key))
  return object !== undefined && (await isThere(operation, object)) ? object : undefined
}
/** The controllers that were left in a subsystem and that are still there. Files of controllers that are gone are removed. */
export async function leftControllers(operation: Operation, nqn: string): Promise<readonly HostObject[]> {
  const { files } = operation.host
  const names = (await files.list(directoryOf(operation))).filter((name) => name.endsWith('.json'))
  const left = await Promise.all(
    names.map(async (name) => {
      const file = `${directoryOf(operation)}/${name}`
      const object = await readLeft(operation, file)
      if (object !== undefined && text(object.data, 'nqn') !== nqn) return []
      if (object !== undefined && (await isThere(operation, object))) return [object]
      await files.remove(file)
      return []
    }),
  )
  return left.flat()
}

async function readLeft({ host, claim }: Operation, file: string): Promise<HostObject | undefined> {
  return parse((await host.files.read(file).catch(unreadable)) ?? '', claim.entry.boot)
}
async function isThere({ host }: Operation, object: HostObject): Promise<boolean> {
  const inode = await controllerInode(host, `nvme${instanceOf(object) ?? ''}`)
  return inode !== undefined && inode === inodeOf(object)
}
function unreadable(error: unknown): undefined {
  if (!isBrickworkError(error)) throw error
}
/** `undefined` for a file of another boot, and for one that cannot be read as such. */
function parse(content: string, boot: string): HostObject | undefined {
  try {
    const found = JSON.parse(content) as { readonly boot?: unknown; readonly data?: HostObject['data'] }
    if (found.boot !== boot || found.data === undefined) return undefined
    const { portalPath, pair } = portalPathIn(found.data)
    const object = controllerObject(portalPath, pair, undefined, 'created')
    return { ...object, data: found.data }
  } catch {
    return undefined
  }
}
