/** The device of an attached entry: the namespace of the recorded identity below its subsystem, whatever its names are now. */
import { readBlockDevice } from '../../linux/block/device.js'
import { isLive, type NvmeController } from '../../linux/nvme/controller.js'
import type { NamespacePath } from '../../linux/nvme/namespace.js'
import { readSubsystem, type SubsystemSeen } from '../../linux/nvme/read.js'
import type { BlockOfDisk } from '../../linux/block/block.js'
import type { AttachedDevice } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { describeNamespace, describePath } from './describe.js'
import { namespaceIdentity } from './identity.js'
import { isAccessible } from './match-namespace.js'
import { CONTROLLER, NAMESPACE, portalPathIn } from './objects.js'
import { isOfPath } from './portal-path.js'

/** A namespace as the host has it now. */
export interface NamespaceNow {
  readonly head: BlockOfDisk
  readonly character: string | undefined
  readonly serial: string | undefined
  readonly ioPolicy: string | undefined
  /** All its paths, with their controllers. */
  readonly paths: readonly { readonly controller: NvmeController; readonly path: NamespacePath }[]
}

/** The namespace with this WWID in the subsystem. */
export function namespaceIn(seen: SubsystemSeen, wwid: string): NamespaceNow | undefined {
  const paths = seen.controllers.flatMap((controller) =>
    controller.namespaces.filter((path) => path.wwid === wwid).map((path) => ({ controller, path })),
  )
  const subsystem = seen.subsystems.find(({ heads, controllers }) =>
    paths.some(
      ({ controller, path }) =>
        controllers.includes(controller.name) && (path.block !== undefined || heads.some(({ name }) => name === path.head)),
    ),
  )
  const head = subsystem?.heads.find(({ name }) => paths.some(({ path }) => path.head === name))
  const block: BlockOfDisk | undefined = head ?? paths.find(({ path }) => path.block !== undefined)?.path.block
  if (block === undefined) return undefined
  const own = paths.filter(({ path }) => path.head === block.name)
  return { head: block, character: head?.character, serial: subsystem?.serial, ioPolicy: subsystem?.ioPolicy, paths: own }
}
export const namespacesOf = ({ objects }: Pick<Entry, 'objects'>): HostObject[] => objects.filter(({ kind }) => kind === NAMESPACE)
export const controllersOf = ({ objects }: Pick<Entry, 'objects'>): HostObject[] => objects.filter(({ kind }) => kind === CONTROLLER)

export async function locateNamespace(operation: Operation, entry: Entry): Promise<AttachedDevice | undefined> {
  const { host, signal } = operation
  const [object] = namespacesOf(entry)
  if (object === undefined) return undefined
  const seen = await readSubsystem(host, text(object.data, 'nqn'), signal)
  const now = namespaceIn(seen, text(object.data, 'wwid'))
  const portalPaths = controllersOf(entry).map(({ data }) => portalPathIn(data))
  const own = (now?.paths ?? []).flatMap(({ controller, path }) => {
    const at = portalPaths.find(({ portalPath, pair }) => isOfPath(controller, portalPath, pair))
    return at === undefined ? [] : [{ controller, path, label: at.portalPath.label }]
  })
  const [first] = own
  const device = now === undefined || first === undefined ? undefined : await readBlockDevice(host, now.head.name, signal)
  if (now === undefined || first === undefined || device === undefined) return undefined
  const live = own.filter(({ controller }) => isLive(controller))
  const controllers = live.map(({ controller }) => controller.name)
  const source = namespaceIdentity({ name: now.head.name, ids: first.path, sizeBytes: now.head.sizeBytes, serial: now.serial, controllers })
  const named = entry.result?.named ?? portalPaths.length
  return {
    device,
    ...source.shown,
    sources: [source],
    paths: own.map(({ controller, path, label }) => describePath(controller, path, label)),
    more: describeNamespace(text(object.data, 'nqn'), first.path, now.ioPolicy),
    degraded: live.length < named || !live.some(({ path }) => isAccessible(path)),
    named,
  }
}
