/** From portals to a block device: connects controllers, finds and verifies the namespace, and returns what the kernel made of its paths. */
import type { Expected } from '../../api/attachment.js'
import type { NvmeConnection } from '../../api/nvme-connection.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { isLive } from '../../linux/nvme/controller.js'
import { readController } from '../../linux/nvme/read.js'
import type { AttachedDevice } from '../../operation/connector.js'
import { requireNotBuiltOn } from '../../operation/not-built-on.js'
import type { Operation } from '../../operation/operation.js'
import type { ConnectRegistry } from './connect.js'
import { wantedOf } from './connection.js'
import { describeNamespace, describePath } from './describe.js'
import { requireFabrics } from './fabrics.js'
import type { FoundNamespace } from './find-namespace.js'
import { hostPairOf } from './host-pair.js'
import { namespaceIdentity } from './identity.js'
import { namespaceObject } from './objects.js'
import { hasNames, resolvePaths } from './resolve-paths.js'
import { Paths } from './paths.js'
import { inTurnOf } from './turns.js'

export async function attachNamespace(
  operation: Operation,
  registry: ConnectRegistry,
  connection: NvmeConnection,
  expected: Expected,
): Promise<AttachedDevice> {
  const { host, signal, policy, claim } = operation
  const sinceMs = host.clock.now()
  const pair = await hostPairOf(operation, connection)
  const known = await requireFabrics(operation)
  const { portalPaths, missing } = await resolvePaths(operation, connection)
  if (hasNames(connection)) await claim.update({ paths: portalPaths.map(({ nqn, label }) => ({ nqn, portal: label })) })
  const inTurn = inTurnOf(operation)
  const total = portalPaths.length + missing.length
  const all = new Paths(operation, { pair, known, total, registry, inTurn }, portalPaths, wantedOf(connection.namespace), expected)
  try {
    await enough(operation, all)
    const [first] = all.good
    if (first === undefined) throw new BrickworkError('ERR_INTERNAL', 'A volume without a path was accepted')
    if (policy.multipath === 'require' && !first.path.hidden)
      throw new BrickworkError('ERR_MULTIPATH_UNAVAILABLE', `The kernel does not combine paths of ${first.portalPath.nqn}`)
    const device = await readBlockDevice(host, first.head.name, signal)
    if (device === undefined)
      throw new BrickworkError('ERR_TARGET_UNREACHABLE', `/dev/${first.head.name} was lost`, { details: { target: first.portalPath.nqn } })
    await requireNotBuiltOn(operation, device.name)
    await claim.own(namespaceObject(first.portalPath.nqn, device, first.path.wwid ?? '', first.path.nsid ?? 0))
    const source = sourceOf(first, all.good)
    operation.latePaths = all.latePaths()
    const isNew = all.good.every(({ fresh }) => fresh)
    return {
      device,
      ...(isNew ? { sinceMs } : { before: [device.name] }),
      ...source.shown,
      sources: [source],
      paths: all.good.map(({ controller, path, portalPath }) => describePath(controller, path, portalPath.label)),
      more: describeNamespace(first.portalPath.nqn, first.path, first.ioPolicy),
      degraded: all.good.length < total,
      named: total,
      confirm: () => requireOneLive(operation, all.good),
    }
  } catch (error) {
    await all.stop()
    throw error
  }
}

/** Waits for the minimum number of paths, then for the rest until the grace time is over. */
async function enough(operation: Operation, paths: Paths): Promise<void> {
  const { min: least, want, graceMs } = operation.policy.paths
  const limit = (count: number | 'all') => (count === 'all' ? paths.total : Math.min(count, paths.total))
  const [min, wanted] = [limit(least), limit(want)]
  for (;;) {
    const { change } = paths
    paths.check(min)
    if (paths.good.length >= min) break
    await change(operation.signal)
  }
  using grace = new Window(operation.host.clock, graceMs, operation.signal, 'further paths')
  for (;;) {
    const { change } = paths
    paths.check(min)
    if (paths.good.length >= wanted || paths.open === 0 || grace.signal.aborted) return
    await change(grace.signal).catch((error: unknown) => {
      operation.signal.throwIfAborted()
      if (!isBrickworkError(error, 'ERR_TIMEOUT')) throw error
    })
  }
}

function sourceOf({ head, path, serial }: FoundNamespace, all: readonly FoundNamespace[]) {
  const controllers = all.map(({ controller }) => controller.name)
  return namespaceIdentity({ name: head.name, ids: path, sizeBytes: head.sizeBytes, serial, controllers })
}

async function requireOneLive({ host, signal }: Operation, good: readonly FoundNamespace[]): Promise<void> {
  const now = await Promise.all(good.map(({ controller }) => readController(host, controller.name, signal)))
  if (now.some((controller) => controller !== undefined && isLive(controller))) return
  throw new BrickworkError('ERR_TARGET_UNREACHABLE', 'Every controller of the volume was lost before the attach returned')
}
