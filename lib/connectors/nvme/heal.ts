/** Connects the controllers that an attached namespace lacks. What was there before stays as it is. */
import type { HealedPath } from '../../api/heal.js'
import type { NvmeConnection } from '../../api/nvme-connection.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { isLive } from '../../linux/nvme/controller.js'
import { controllerInode, readSubsystem } from '../../linux/nvme/read.js'
import { whenTrue } from '../../linux/wait.js'
import type { Healed } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import { verifyIdentity } from '../../operation/identity.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { bringUp, type BringUpContext } from './bring-up.js'
import type { ConnectRegistry } from './connect.js'
import { wantedOf } from './connection.js'
import { deleteController } from './delete-controller.js'
import { requireFabrics } from './fabrics.js'
import { findNamespace } from './find-namespace.js'
import { hostPairOf } from './host-pair.js'
import { namespaceIdentity, sameIdentity } from './identity.js'
import { locateNamespace, namespaceIn, type NamespaceNow, namespacesOf } from './locate.js'
import { controllerKey, inodeOf, instanceOf, subsystemLock } from './objects.js'
import { controllerOf, isOfPath, type PortalPath } from './portal-path.js'
import { resolvePaths } from './resolve-paths.js'
import { inTurnOf } from './turns.js'

/** The kernel's own pause between two tries is longer. */
const RECONNECT_MS = 1000

interface Healing {
  readonly operation: Operation
  readonly context: BringUpContext
  readonly connection: NvmeConnection
  readonly now: NamespaceNow
  readonly before: readonly HostObject[]
}

export async function healNamespace(
  operation: Operation,
  registry: ConnectRegistry,
  entry: Entry,
  connection: NvmeConnection,
): Promise<Healed> {
  const { host, signal, progress, claim } = operation
  const [object] = namespacesOf(entry)
  const now =
    object === undefined
      ? undefined
      : await progress.step('find', async () =>
          namespaceIn(await readSubsystem(host, text(object.data, 'nqn'), signal), text(object.data, 'wwid')),
        )
  // Without a path, the kernel would make a second device beside the one that applications have open.
  if (now === undefined || now.paths.length === 0) throw gone(entry)
  const pair = await hostPairOf(operation, connection)
  const { portalPaths, missing } = await resolvePaths(operation, connection)
  const total = portalPaths.length + missing.length
  const context = { pair, known: await requireFabrics(operation), total, registry, inTurn: inTurnOf(operation) }
  const healing = { operation: operation.branch(signal), context, connection, now, before: [...claim.entry.objects] }
  const paths = await Promise.all(portalPaths.map((portalPath) => healPath(healing, portalPath)))
  const attached = await locateNamespace(operation, claim.entry)
  return {
    paths: [
      ...paths,
      ...missing.map(({ code, message, details }) => missed(typeof details['name'] === 'string' ? details['name'] : '', code, message)),
    ],
    ...(attached === undefined ? {} : { attached: { paths: attached.paths, named: total } }),
  }
}

async function healPath(healing: Healing, portalPath: PortalPath): Promise<HealedPath> {
  const { operation, context, now } = healing
  const { label } = portalPath
  const there = now.paths.find(({ controller }) => isLive(controller) && isOfPath(controller, portalPath, context.pair))
  if (there !== undefined) return { path: label, action: 'already', device: `/dev/${there.controller.name}` }
  try {
    const name = await connectAgain(healing, portalPath)
    operation.progress.mention('a path joined', { path: label })
    return { path: label, action: 'added', device: `/dev/${name}` }
  } catch (error) {
    if (!isBrickworkError(error) || error.code === 'ERR_INTERNAL') throw error
    if (operation.signal.aborted && operation.failure === undefined) operation.beginRollback(error)
    const { code, message } = error
    operation.progress.note('a path could not be brought up', { path: label, code, error: message })
    await takeBack(healing, portalPath)
    return missed(label, code, message)
  }
}
const missed = (path: string, code: BrickworkError['code'], message: string): HealedPath => ({
  path,
  action: 'failed',
  error: { code, message },
})

/** @throws `ERR_IDENTITY_CONFLICT` when the path leads to another device. */
async function connectAgain({ operation, context, connection, now }: Healing, portalPath: PortalPath): Promise<string> {
  const { progress } = operation
  await waitForReconnect(operation, context, portalPath)
  const up = await bringUp(operation, context, portalPath)
  const found = await progress.step('find', () => findNamespace(operation, up, wantedOf(connection.namespace)), portalPath.label)
  const { path, head, serial, controller, fresh } = found
  const source = { name: head.name, ids: path, sizeBytes: head.sizeBytes, serial, controllers: [controller.name] }
  await progress.step('verify', () => verifyIdentity(operation, namespaceIdentity(source), fresh, undefined), portalPath.label)
  const [own] = now.paths
  if (head.name === now.head.name && own !== undefined && sameIdentity(own.path, path)) return controller.name
  throw new BrickworkError(
    'ERR_IDENTITY_CONFLICT',
    `${portalPath.label} leads to /dev/${head.name}, and the volume is /dev/${now.head.name}`,
    {
      details: { device: `/dev/${head.name}` },
    },
  )
}

/**
 * The kernel brings a lost controller up by itself, and takes no second one beside it.
 * @throws `ERR_TARGET_UNREACHABLE` while it tries.
 */
async function waitForReconnect(operation: Operation, { pair }: BringUpContext, portalPath: PortalPath): Promise<void> {
  const { host, signal } = operation
  const until = host.clock.now() + RECONNECT_MS
  const stuck = await whenTrue(host, signal, async () => {
    const { controllers } = await readSubsystem(host, portalPath.nqn, signal)
    const there = controllerOf(controllers, portalPath, pair)
    if (there === undefined || isLive(there)) return 'none'
    return host.clock.now() < until ? undefined : there
  })
  if (stuck === 'none') return
  throw new BrickworkError(
    'ERR_TARGET_UNREACHABLE',
    `${stuck.name} to portal ${portalPath.label} is ${stuck.state}: the kernel tries to bring it up by itself`,
    { details: { portal: portalPath.label, target: portalPath.nqn } },
  )
}

/** Removes the controller that this heal has connected, and nothing that was there before. */
async function takeBack({ operation, context, before }: Healing, portalPath: PortalPath): Promise<void> {
  const { host, claim } = operation
  const key = controllerKey(portalPath, context.pair)
  const object = claim.entry.objects.find((each) => each.key === key)
  const old = before.find((each) => each.key === key)
  // A connect that fails drops its record. That of the lost controller is still needed: its portal is a path of the volume.
  if (object === undefined && old !== undefined) await claim.own(old)
  if (object === undefined || (old !== undefined && inodeOf(old) === inodeOf(object) && instanceOf(old) === instanceOf(object))) return
  await operation.locked(subsystemLock(portalPath.nqn), async () => {
    const isShared = (await claim.others(key)).length > 0
    const { controllers } = await readSubsystem(host, portalPath.nqn, operation.signal)
    const made = controllers.find((each) => each.instance === instanceOf(object) && isOfPath(each, portalPath, context.pair))
    const isOurs = object.origin === 'created' && !isShared
    if (isOurs && made !== undefined && (await controllerInode(host, made.name)) === inodeOf(object)) {
      claim.requireOurs(object)
      await operation.progress.step('disconnect', () => deleteController(operation, made), portalPath.label)
    }
    if (old === undefined) await claim.disown(key)
    else await claim.own(old)
  })
}
function gone({ result }: Entry): BrickworkError {
  const device = result?.device ?? 'The device'
  return new BrickworkError(
    'ERR_TARGET_UNREACHABLE',
    `${device} has lost all its paths, and a heal makes no new device: attach the volume again`,
    { details: result === null ? {} : { device: result.device } },
  )
}
