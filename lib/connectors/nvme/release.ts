/**
 * Detaches a namespace: flushes it while nobody can open it, then deletes the controllers that nobody else needs. The kernel has no path to
 * remove one namespace: while a controller stays, the storage decides what the host sees.
 */
import { type BrickworkError, BrickworkError as OwnError, isBrickworkError } from '../../core/errors.js'
import { type BlockDevice, readBlockDevice } from '../../linux/block/device.js'
import { isLive } from '../../linux/nvme/controller.js'
import { readSubsystem } from '../../linux/nvme/read.js'
import { whenTrue } from '../../linux/wait.js'
import type { Release, ReleaseOptions } from '../../operation/connector.js'
import { openExclusively } from '../../operation/device-users.js'
import type { HostObject } from '../../operation/entry.js'
import { heldError } from '../../operation/held-error.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { detachIncomplete, ReleaseReport } from '../../operation/release-report.js'
import { deleteController } from './delete-controller.js'
import { type DecidedController, keptControllers } from './kept-controllers.js'
import { forgetLeft, leaveController } from './left-controllers.js'
import { controllersOf, namespaceIn, type NamespaceNow, namespacesOf } from './locate.js'
import { isAccessible } from './match-namespace.js'
import { subsystemLock } from './objects.js'

export async function releaseNamespace(operation: Operation, options: ReleaseOptions): Promise<Release> {
  const report = new ReleaseReport()
  const { entry } = operation.claim
  const nqns = [...new Set([...namespacesOf(entry), ...controllersOf(entry)].map(({ data }) => text(data, 'nqn')))]
  for (const nqn of nqns) await operation.locked(subsystemLock(nqn), () => releaseIn(operation, nqn, options, report))
  if (nqns.length === 0) await options.leaving()
  return report
}

async function releaseIn(operation: Operation, nqn: string, options: ReleaseOptions, report: ReleaseReport): Promise<void> {
  const { host, signal, claim } = operation
  const object = namespacesOf(claim.entry).find(({ data }) => text(data, 'nqn') === nqn)
  const isShared = object !== undefined && (await claim.mayBeShared(object.key))
  const seen = await readSubsystem(host, nqn, signal)
  const now = object === undefined ? undefined : namespaceIn(seen, text(object.data, 'wwid'))
  const device = now === undefined || isShared ? undefined : await readBlockDevice(host, now.head.name, signal)
  const guarded = device === undefined ? undefined : await operation.progress.step('check-users', () => openExclusively(operation, device))
  try {
    if (device !== undefined && guarded !== undefined && guarded.overridden.length > 0)
      report.override('check-users', `/dev/${device.name}`, heldError(device, guarded.overridden, []))
    if (now !== undefined && device !== undefined && options.flush) await flush(operation, now, device, report)
    await options.leaving()
    await removeControllers(operation, nqn, device?.name, report)
  } finally {
    await guarded?.hold?.release()
  }
  if (object !== undefined) {
    if (now !== undefined) await reportDevice(operation, nqn, object, now, isShared, report)
    await claim.disown(object.key)
  }
}

/** Pages that nobody flushed are lost with the last controller (drivers/nvme/host/core.c, nvme_ns_remove). */
async function flush(operation: Operation, { paths }: NamespaceNow, { name }: BlockDevice, report: ReleaseReport): Promise<void> {
  const isUsable = paths.some(({ controller, path }) => isLive(controller) && isAccessible(path))
  const giveUp = (error: BrickworkError) => {
    if (!operation.force && operation.onNoPaths !== 'fail-io') throw error
    report.override('flush', `/dev/${name}`, error)
  }
  if (!isUsable) {
    giveUp(
      new OwnError('ERR_TARGET_UNREACHABLE', `/dev/${name} has no live path: written data cannot be flushed`, {
        details: { device: `/dev/${name}` },
      }),
    )
    return
  }
  try {
    await operation.progress.step('flush', () => operation.host.kernel.flush(`/dev/${name}`, operation.signal))
  } catch (error) {
    if (operation.signal.aborted || !isBrickworkError(error) || !operation.force) throw error
    report.override('flush', `/dev/${name}`, error)
  }
}

async function removeControllers(operation: Operation, nqn: string, ours: string | undefined, report: ReleaseReport): Promise<void> {
  const { claim } = operation
  const decided = await keptControllers(operation, nqn, ours)
  const failures: BrickworkError[] = []
  const remove = async ({ object, controller, reason, what, isOwn, isLeft, toLeave }: DecidedController) => {
    if (reason !== undefined) {
      if (isOwn) report.keep(what, reason)
      if (toLeave && !isLeft) await leaveController(operation, object)
    } else {
      if (controller !== undefined) {
        claim.requireOurs(object)
        await operation.progress.step('disconnect', () => deleteController(operation, controller), what)
      }
      report.check(`${what} is gone`)
      if (isLeft) await forgetLeft(operation, object.key)
    }
    if (isOwn) await claim.disown(object.key)
  }
  await Promise.all(
    decided.map(async (each) => {
      try {
        await remove(each)
      } catch (error) {
        if (!isBrickworkError(error) || error.code === 'ERR_INTERNAL') throw error
        failures.push(error)
        report.leave(each.what, error.message)
      }
    }),
  )
  if (failures.length > 0) throw detachIncomplete(failures, report)
}

/** Whether the device is gone, or why it is still there. */
async function reportDevice(
  { host, signal }: Operation,
  nqn: string,
  { data }: HostObject,
  { head }: NamespaceNow,
  isShared: boolean,
  report: ReleaseReport,
): Promise<void> {
  const what = `device /dev/${head.name}`
  if (isShared) {
    report.keep(what, 'another attachment uses it')
    return
  }
  const left = await whenTrue(host, signal, async () => {
    const seen = await readSubsystem(host, nqn, signal)
    const there = namespaceIn(seen, text(data, 'wwid'))
    // Without a controller, the kernel is just removing it.
    return there === undefined ? 'gone' : there.paths.length > 0 ? 'visible' : undefined
  })
  if (left === 'gone') report.check(`${what} is gone`)
  else {
    report.keep(what, 'it stays visible until the storage unmaps it, since a controller of its subsystem stays')
    report.show(`/dev/${head.name}`)
  }
}
