/** Which controllers a detach may delete, and why others stay. The caller holds the subsystem's lock. */
import type { Host } from '../../core/host.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { isLive, type NvmeController } from '../../linux/nvme/controller.js'
import { controllerInode, readSubsystem, type SubsystemSeen } from '../../linux/nvme/read.js'
import { usersOf } from '../../operation/device-users.js'
import type { HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { controllersOf } from './locate.js'
import { isAccessible } from './match-namespace.js'
import { inodeOf, instanceOf, NAMESPACE, portalPathIn } from './objects.js'
import { isOfPath } from './portal-path.js'

/** A controller of this attachment. Without a reason to keep it, it goes. */
export interface DecidedController {
  readonly object: HostObject
  /** `undefined`: the host has it no more. */
  readonly controller: NvmeController | undefined
  readonly reason: string | undefined
  /** In words. */
  readonly what: string
}

/** @param ours name of the head that this attachment has opened exclusively: nobody else uses it. */
export async function keptControllers(operation: Operation, nqn: string, ours: string | undefined): Promise<DecidedController[]> {
  const { host, signal, claim } = operation
  const objects = controllersOf(claim.entry).filter(({ data }) => text(data, 'nqn') === nqn)
  const seen = await readSubsystem(host, nqn, signal)
  const decided: DecidedController[] = []
  for (const object of objects) {
    const { portalPath, pair } = portalPathIn(object.data)
    const instance = instanceOf(object)
    // One that is ending is there until it is gone.
    const controller = seen.controllers.find((each) => each.instance === instance && isOfPath(each, portalPath, pair))
    const what = `controller nvme${instance ?? '?'} to portal ${portalPath.label}`
    decided.push({ object, controller, what, reason: await reasonToKeep(operation, object, controller) })
  }
  return await keepLastPaths(operation, nqn, seen, decided, ours)
}

async function reasonToKeep(
  { claim, host }: Operation,
  object: HostObject,
  controller: NvmeController | undefined,
): Promise<string | undefined> {
  if (controller === undefined) return undefined
  if ((await claim.others(object.key)).length > 0) return 'another attachment uses it'
  if (object.origin !== 'created') return 'it existed before the attach'
  if ((await controllerInode(host, controller.name)) !== inodeOf(object))
    return 'another program has connected it, in place of the one that was lost'
  return (await otherManager(host, controller.name)) ?? claim.unclear(object.key)?.message
}
/** libnvme's registry says who manages a controller (nvme-cli 3): its entry means that this program may not delete it. */
async function otherManager({ files }: Host, name: string): Promise<string | undefined> {
  const owner = (await files.read(`/run/nvme/registry/${name}/owner`))?.trim()
  return owner === undefined || owner === '' ? undefined : `${owner} manages it (/run/nvme/registry)`
}
/** By WWID, the other attachments that have namespaces of the subsystem. */
async function otherAttachments({ claims, claim }: Operation, nqn: string): Promise<ReadonlyMap<string, string>> {
  const { owner, id } = claim.entry
  const others = (await claims.about(nqn)).filter((each) => each.owner !== owner || each.id !== id)
  const ofOthers = others.flatMap((other) => other.objects.map((object) => ({ other, object })))
  return new Map(
    ofOthers
      .filter(({ object: { kind, data } }) => kind === NAMESPACE && text(data, 'nqn') === nqn)
      .map(({ other, object }) => [text(object.data, 'wwid'), `attachment ${JSON.stringify(other.id)} uses it`]),
  )
}

/**
 * A namespace that anybody uses keeps its last live, accessible path. It does not matter which program made that path. Other attachments name
 * the controllers of their own connections, so those stay anyway.
 */
async function keepLastPaths(
  operation: Operation,
  nqn: string,
  seen: SubsystemSeen,
  decided: readonly DecidedController[],
  ours: string | undefined,
): Promise<DecidedController[]> {
  const goes = new Set(
    decided.flatMap(({ controller, reason }) => (controller === undefined || reason !== undefined ? [] : [controller.name])),
  )
  const needed = new Map<string, string>()
  const others = await otherAttachments(operation, nqn)
  const wwids = new Map(seen.controllers.flatMap(({ namespaces }) => namespaces.map(({ head, wwid }) => [head, wwid] as const)))
  for (const [name, wwid] of wwids) {
    if (name === ours) continue
    const usable = seen.controllers.filter(
      (controller) => isLive(controller) && controller.namespaces.some((path) => path.head === name && isAccessible(path)),
    )
    if (usable.length === 0 || usable.some((controller) => !goes.has(controller.name))) continue
    const device = await readBlockDevice(operation.host, name, operation.signal)
    const use = others.get(wwid ?? '') ?? (device === undefined ? undefined : (await usersOf(operation, device))?.message)
    if (use !== undefined) for (const controller of usable) needed.set(controller.name, `it has the last path of a device in use: ${use}`)
  }
  return decided.map((each) => ({
    ...each,
    reason: each.reason ?? (each.controller === undefined ? undefined : needed.get(each.controller.name)),
  }))
}
