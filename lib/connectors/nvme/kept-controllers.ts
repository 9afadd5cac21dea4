/** Which controllers a detach may delete, and why others stay. The caller holds the subsystem's lock. */
import type { Host } from '../../core/host.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { isLive, type NvmeController } from '../../linux/nvme/controller.js'
import { controllerInode, readSubsystem, type SubsystemSeen } from '../../linux/nvme/read.js'
import { usersOf } from '../../operation/device-users.js'
import type { HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import type { HostPair } from './host-pair.js'
import { leftControllers } from './left-controllers.js'
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
  /** Whether this attachment names it. If not, one that was detached before has left it. */
  readonly isOwn: boolean
  /** Whether it is written down as left. */
  readonly isLeft: boolean
  /** Others need it, and nobody will name it: it is to be left to them. */
  readonly toLeave: boolean
}

/** @param ours name of the head that this attachment has opened exclusively: nobody else uses it. */
export async function keptControllers(operation: Operation, nqn: string, ours: string | undefined): Promise<DecidedController[]> {
  const { host, signal, claim } = operation
  const objects = controllersOf(claim.entry).filter(({ data }) => text(data, 'nqn') === nqn)
  const seen = await readSubsystem(host, nqn, signal)
  const others = await othersIn(operation, nqn)
  const left = await leftControllers(operation, nqn)
  const inherited = left.filter(({ key }) => objects.every((each) => each.key !== key))
  const decided: DecidedController[] = []
  for (const object of [...objects, ...inherited]) {
    const { portalPath, pair } = portalPathIn(object.data)
    const instance = instanceOf(object)
    // One that is ending is there until it is gone.
    const controller = seen.controllers.find((each) => each.instance === instance && isOfPath(each, portalPath, pair))
    const what = `controller nvme${instance ?? '?'} to portal ${portalPath.label}`
    const named = { isOwn: objects.includes(object), isLeft: left.some(({ key }) => key === object.key) }
    const reason = await reasonToKeep(operation, object, controller)
    const wanted = reason === undefined && controller !== undefined ? wantedBy(others, pair) : undefined
    decided.push({ object, controller, what, reason: reason ?? wanted, ...named, toLeave: wanted !== undefined })
  }
  return await keepLastPaths(operation, others, seen, decided, ours)
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
/** Another attachment that has a namespace of the subsystem. */
interface OtherAttachment {
  readonly words: string
  readonly wwid: string
  /** The pairs with which it is connected. */
  readonly pairs: readonly HostPair[]
}
async function othersIn({ claims, claim }: Operation, nqn: string): Promise<readonly OtherAttachment[]> {
  const { owner, id } = claim.entry
  const others = (await claims.about(nqn)).filter((each) => each.owner !== owner || each.id !== id)
  return others.flatMap((other) => {
    const pairs = controllersOf(other).flatMap(({ data }) => (text(data, 'nqn') === nqn ? [portalPathIn(data).pair] : []))
    return other.objects
      .filter(({ kind, data }) => kind === NAMESPACE && text(data, 'nqn') === nqn)
      .map(({ data }) => ({ words: `attachment ${JSON.stringify(other.id)}`, wwid: text(data, 'wwid'), pairs }))
  })
}
/**
 * The kernel sends the I/O of another attachment over every controller of the subsystem, so its namespace keeps all those of its host pair. The
 * storage knows another pair as another host, which may lose its access now.
 */
function wantedBy(others: readonly OtherAttachment[], { hostNqn, hostId }: HostPair): string | undefined {
  const other = others.find(({ pairs }) => pairs.some((pair) => pair.hostNqn === hostNqn && pair.hostId === hostId))
  return other === undefined ? undefined : `${other.words} uses a namespace of its subsystem`
}

/** A namespace that anybody uses keeps its last live, accessible path. It does not matter which program made that path. */
async function keepLastPaths(
  operation: Operation,
  others: readonly OtherAttachment[],
  seen: SubsystemSeen,
  decided: readonly DecidedController[],
  ours: string | undefined,
): Promise<DecidedController[]> {
  const goes = new Set(
    decided.flatMap(({ controller, reason }) => (controller === undefined || reason !== undefined ? [] : [controller.name])),
  )
  const needed = new Map<string, string>()
  const wwids = new Map(seen.controllers.flatMap(({ namespaces }) => namespaces.map(({ head, wwid }) => [head, wwid] as const)))
  for (const [name, wwid] of wwids) {
    if (name === ours) continue
    const usable = seen.controllers.filter(
      (controller) => isLive(controller) && controller.namespaces.some((path) => path.head === name && isAccessible(path)),
    )
    if (usable.length === 0 || usable.some((controller) => !goes.has(controller.name))) continue
    const device = await readBlockDevice(operation.host, name, operation.signal)
    const other = others.find((each) => each.wwid === wwid)
    const use =
      (other === undefined ? undefined : `${other.words} uses it`) ??
      (device === undefined ? undefined : (await usersOf(operation, device))?.message)
    if (use !== undefined) for (const controller of usable) needed.set(controller.name, `it has the last path of a device in use: ${use}`)
  }
  return decided.map((each) => {
    const use = each.controller === undefined || each.reason !== undefined ? undefined : needed.get(each.controller.name)
    return use === undefined ? each : { ...each, reason: use, toLeave: true }
  })
}
