/** Finds the volume below the controller of a path. The kernel looks for namespaces by itself; where no event of the target reached it, it is asked to. */
import { BrickworkError } from '../../core/errors.js'
import { isLive, type NvmeController } from '../../linux/nvme/controller.js'
import type { NamespacePath } from '../../linux/nvme/namespace.js'
import { readControllers, readSubsystem, type SubsystemSeen } from '../../linux/nvme/read.js'
import type { BlockOfDisk } from '../../linux/block/block.js'
import type { Operation } from '../../operation/operation.js'
import { ChangeAwaiter } from './await-change.js'
import type { WantedNamespace } from './connection.js'
import { isAccessible, isWanted, namespaceInWords, sharesIdentity } from './match-namespace.js'
import { guardsOf } from './objects.js'
import type { UpPath } from './bring-up.js'
import { requireNoneReplacedInUse } from './replaced.js'

/** When a controller is asked to look again, after it became live. A target may send no event. */
const RESCANS_MS = [100, 300, 1000]
const RESCAN_EVERY_MS = 2000
/** A wait that is shorter is none. */
const SHORTEST_MS = 2
/** A scan ends within this time, which nothing announces. An attach waits for one, even if it is to wait for nothing. */
const ONE_SCAN_MS = 150
/** The rest of the time says why it is not there. */
const LAST_MS = 150

/** A namespace at one controller, with the block device that applications use. */
export interface FoundNamespace extends UpPath {
  readonly controller: NvmeController
  readonly path: NamespacePath
  readonly head: BlockOfDisk
  readonly character: string | undefined
  /** The kernel has just read the identity: the path was not there before this attach. */
  readonly fresh: boolean
  readonly serial: string | undefined
  readonly ioPolicy: string | undefined
}

/**
 * Waits for the namespace and for its block device.
 * @throws `ERR_LUN_NOT_FOUND` when `policy.lun.waitMs` is over, or the reason that is known.
 */
export async function findNamespace(operation: Operation, up: UpPath, wanted: WantedNamespace): Promise<FoundNamespace> {
  const { host, policy } = operation
  const { waitMs } = policy.lun
  const from = host.clock.now()
  const givenUpAt = waitMs === 'deadline' ? Number.POSITIVE_INFINITY : from + Math.max(waitMs, ONE_SCAN_MS)
  const { found: atOnce } = await readNow(operation, up, wanted)
  if (atOnce !== undefined) return atOnce
  const due = [...RESCANS_MS]
  let isFirst = true
  using change = await ChangeAwaiter.on(host, [up.name])
  for (;;) {
    const { found, seen, controller } = await readNow(operation, up, wanted)
    if (found !== undefined) return found
    for (const { name } of seen.subsystems) change.add(name)
    const now = host.clock.now()
    if (now + SHORTEST_MS > givenUpAt || operation.remainingMs <= LAST_MS) throw await whyNotFound(operation, seen, controller, up, wanted)
    if (now - from >= (due[0] ?? 0)) {
      const next = due.shift() ?? 0
      if (due.length === 0) due.push(next + RESCAN_EVERY_MS)
      if (isFirst) await requireNoneReplacedInUse(operation, controller, wanted)
      isFirst = false
      await rescan(operation, controller)
      change.expect()
    }
    const untilMs = Math.min(from + (due[0] ?? 0), givenUpAt) - host.clock.now()
    await change.next(Math.min(untilMs, operation.remainingMs - LAST_MS), operation.signal)
  }
}
interface SeenNow {
  readonly found: FoundNamespace | undefined
  readonly seen: SubsystemSeen
  readonly controller: NvmeController
}
/** @throws `ERR_TARGET_UNREACHABLE` when the controller is no longer live. */
async function readNow({ host, signal }: Operation, up: UpPath, wanted: WantedNamespace): Promise<SeenNow> {
  const seen = await readSubsystem(host, up.portalPath.nqn, signal)
  const controller = seen.controllers.find(({ name }) => name === up.name)
  if (controller === undefined || !isLive(controller)) throw lost(up)
  return { found: foundIn(seen, controller, up, wanted), seen, controller }
}

/** Asks the kernel to look for namespaces. A controller that is not live ignores it; one that has changed is left alone. */
export async function rescan({ host, signal }: Operation, controller: NvmeController): Promise<void> {
  const directory = `/sys/class/nvme/${controller.name}`
  const request = { directory, guards: guardsOf(controller), attribute: 'rescan_controller', value: '1', waits: 'bounded' } as const
  await host.kernel.write(request, signal)
}

function foundIn(seen: SubsystemSeen, controller: NvmeController, up: UpPath, wanted: WantedNamespace): FoundNamespace | undefined {
  const path = controller.namespaces.find((each) => isWanted(each, wanted))
  if (path === undefined || !isAccessible(path)) return undefined
  const subsystem = seen.subsystems.find(({ controllers }) => controllers.includes(controller.name))
  const own = subsystem?.heads.find(({ name }) => name === path.head)
  const head: BlockOfDisk | undefined = path.block ?? own
  if (head === undefined || subsystem === undefined) return undefined
  const fresh = !up.before.has(path.name)
  return { ...up, controller, path, head, character: own?.character, fresh, serial: subsystem.serial, ioPolicy: subsystem.ioPolicy }
}
function lost({ name, portalPath }: UpPath): BrickworkError {
  return new BrickworkError('ERR_TARGET_UNREACHABLE', `${name} to portal ${portalPath.label} was lost`, {
    details: { portal: portalPath.label, target: portalPath.nqn },
  })
}

async function whyNotFound(
  { host, signal }: Operation,
  { controllers }: SubsystemSeen,
  controller: NvmeController,
  { portalPath }: UpPath,
  wanted: WantedNamespace,
): Promise<BrickworkError> {
  const place = { portal: portalPath.label, target: portalPath.nqn }
  const own = controller.namespaces.find((each) => isWanted(each, wanted))
  if (own !== undefined) {
    const states = controllers.flatMap(({ name, namespaces }) =>
      namespaces.filter((each) => each.head === own.head).map(({ anaState }) => `${name} ${anaState ?? 'live'}`),
    )
    return new BrickworkError('ERR_PATH_INACCESSIBLE', `No path to ${own.head} takes reads and writes: ${states.join(', ')} (ANA)`, {
      details: { ...place, states },
    })
  }
  // The kernel leaves out a namespace whose identity another subsystem has, and says so only in its log.
  const elsewhere = (await readControllers(host, signal)).find(
    ({ nqn, namespaces }) => nqn !== portalPath.nqn && namespaces.some((each) => sharesIdentity(each, wanted)),
  )
  if (elsewhere !== undefined)
    return new BrickworkError(
      'ERR_IDENTITY_CONFLICT',
      `${controller.name} does not show the namespace: the kernel hides it, since ${elsewhere.nqn ?? 'another subsystem'} (${elsewhere.name}) shows the same identity`,
    )
  const shown = controller.namespaces.map(namespaceInWords)
  return new BrickworkError(
    'ERR_LUN_NOT_FOUND',
    `${portalPath.nqn} at portal ${portalPath.label} does not show the namespace (it shows ${shown.length === 0 ? 'none' : shown.join(', ')})`,
    { details: place },
  )
}
