/** Brings a path up: takes the controller that is there, or connects one, and waits until it is live. */
import { BrickworkError } from '../../core/errors.js'
import { isEnding, isLive, type NvmeController } from '../../linux/nvme/controller.js'
import { controllerInode, readController, readControllers, readSubsystem } from '../../linux/nvme/read.js'
import { UNANNOUNCED_MS, whenTrue } from '../../linux/wait.js'
import type { Operation } from '../../operation/operation.js'
import { type ConnectRegistry, connectPath } from './connect.js'
import { type HostPair, requireNoContradiction } from './host-pair.js'
import { controllerKey, controllerObject, inodeOf, instanceOf, subsystemLock, pathLock } from './objects.js'
import { leftController } from './left-controllers.js'
import { optionString } from './option-string.js'
import { probe } from './probe.js'
import { controllerOf, isOfPath, type PortalPath } from './portal-path.js'

/** What the paths of one attach have in common. */
export interface BringUpContext {
  readonly pair: HostPair
  /** Options that the kernel knows. */
  readonly known: ReadonlySet<string>
  /** Number of paths of the connection. */
  readonly total: number
  readonly registry: ConnectRegistry
  /** Runs one connect of this attach at a time, so that the first one of every attach comes before the second one of any. */
  readonly inTurn: <T>(run: () => Promise<T>) => Promise<T>
}
/** A path with a live controller. */
export interface UpPath {
  readonly portalPath: PortalPath
  /** Name of the controller. */
  readonly name: string
  /** Names of the namespaces that the controller showed before this attach. What it shows besides, the kernel has just read. */
  readonly before: ReadonlySet<string>
}

export async function bringUp(operation: Operation, context: BringUpContext, portalPath: PortalPath): Promise<UpPath> {
  for (;;) {
    const { name, before, isNew } = await operation.locked(pathLock(portalPath, context.pair), () => take(operation, context, portalPath))
    // Over TCP, the kernel answers a connect when the controller is live (drivers/nvme/host/tcp.c, nvme_tcp_create_ctrl).
    if (isNew || (await whenLive(operation, context, portalPath, name)) !== undefined) return { portalPath, name, before }
  }
}

interface Taken {
  readonly name: string
  readonly before: ReadonlySet<string>
  /** This attach has connected it. */
  readonly isNew: boolean
}
async function take(operation: Operation, context: BringUpContext, portalPath: PortalPath): Promise<Taken> {
  const { pair, known, total, registry, inTurn } = context
  for (;;) {
    const there = await operation.locked(subsystemLock(portalPath.nqn), () => takeExisting(operation, pair, portalPath))
    if (there !== undefined) return there
    requireNoContradiction(pair, await readControllers(operation.host, operation.signal))
    const text = optionString(portalPath, pair, total, known, operation.policy.nvme)
    await operation.progress.step('probe', () => probe(operation, portalPath), portalPath.label)
    const connected = await inTurn(async () => {
      const before = (await readSubsystem(operation.host, portalPath.nqn, operation.signal)).controllers.map(({ instance }) => instance)
      return await operation.progress.step(
        'connect',
        () => connectPath(operation, registry, { portalPath, pair, text, before }),
        portalPath.label,
      )
    })
    if (connected !== 'exists') return { name: `nvme${connected}`, before: new Set(), isNew: true }
    // Another program is making or removing an equal controller.
    await operation.host.clock.sleep(UNANNOUNCED_MS, operation.signal)
  }
}
async function takeExisting(operation: Operation, pair: HostPair, portalPath: PortalPath): Promise<Taken | undefined> {
  const { controllers } = await readSubsystem(operation.host, portalPath.nqn, operation.signal)
  const there = controllerOf(controllers, portalPath, pair)
  if (there === undefined) return undefined
  const made = await inodeIfMade(operation, pair, portalPath, there)
  const known = { instance: there.instance, inode: made }
  await operation.claim.own(controllerObject(portalPath, pair, known, made === undefined ? 'found' : 'created'))
  return { name: there.name, before: new Set(there.namespaces.map(({ name }) => name)), isNew: false }
}
/** Its inode, if an attachment, also one that has left it for others, records that its own connect was answered with this controller. Another program may have the number since. */
async function inodeIfMade(
  operation: Operation,
  pair: HostPair,
  portalPath: PortalPath,
  { instance, name }: NvmeController,
): Promise<string | undefined> {
  const key = controllerKey(portalPath, pair)
  const own = operation.claim.entry.objects.filter((object) => object.key === key)
  const all = [...own, ...(await operation.claim.others(key))]
  const recorded = all.filter((object) => object.origin === 'created' && instanceOf(object) === instance)
  const left = recorded.length === 0 ? await leftController(operation, key) : undefined
  const made = [...recorded, ...(left === undefined || instanceOf(left) !== instance ? [] : [left])].map(inodeOf)
  const inode = made.length === 0 ? undefined : await controllerInode(operation.host, name)
  return made.includes(inode) ? inode : undefined
}

/**
 * Waits for a controller that connects or reconnects, which no event but the last announces. `undefined`: it is gone, or is another one.
 * @throws `ERR_TARGET_UNREACHABLE` when it is being ended.
 */
async function whenLive(
  { host, signal }: Operation,
  { pair }: BringUpContext,
  portalPath: PortalPath,
  name: string,
): Promise<NvmeController | undefined> {
  const seen = await whenTrue(host, signal, async () => {
    const now = await readController(host, name, signal)
    if (now === undefined || (now.nqn !== undefined && !isOfPath(now, portalPath, pair))) return 'gone'
    return isLive(now) || isEnding(now) ? now : undefined
  })
  if (seen === 'gone') return undefined
  if (isLive(seen)) return seen
  throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${seen.name} to portal ${portalPath.label} is being removed`, {
    details: { portal: portalPath.label, target: portalPath.nqn },
  })
}
