/** From a nexus to a disk: scans exactly one LUN and finds the device below the target. */
import { BrickworkError } from '../../core/errors.js'
import type { WriteOutcome } from '../../core/host.js'
import { shows } from '../../core/job.js'
import type { Tree } from '../../core/tree.js'
import { diskIn, diskPlan, disksFate, isHalfThere, noDevice, readDisk, type ScsiDisk, type WholeDisk } from '../../linux/scsi/disk.js'
import { notAVolume } from '../../linux/scsi/lun-kind.js'
import { scanOf } from '../../linux/scsi/scan.js'
import { reloadSgModule } from '../../linux/scsi/sg.js'
import { whenSeen, whenTrue } from '../../linux/wait.js'
import type { Operation } from '../../operation/operation.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import type { Changes } from '../../operation/entry-writer.js'
import { DiskBook } from './disk-book.js'
import { renewLun } from './renew-lun.js'

/** A disk that a path leads to. */
export interface ScannedDisk {
  readonly path: NamedPath
  readonly nexus: Nexus
  readonly disk: WholeDisk
  /** Whether this attach's own scan created it. */
  readonly fresh: boolean
  /** When that scan began, in milliseconds of the host's clock; `undefined` for a disk that was there before. */
  readonly sinceMs: number | undefined
}

/**
 * The kernel's disk driver creates a disk within milliseconds, unless the device is not ready. A later disk counts as a LUN that is not
 * there: the scan is repeated.
 */
const DRIVER_MS = 5000
/** How long a scan keeps its turn for the disk to come up: longer than it takes as a rule. */
const PROMPT_MS = 250
/** The sg node comes with the disk, unless the module is just being loaded: it makes the nodes of disks that are there by then. */
const NODE_MS = 1000

/**
 * Scans the LUN and records its disk in the claim. Returns `undefined` when the target shows no such LUN now, when the kernel is still
 * removing a former device there, or when the device there is not a volume. `created`: the nexus is new, nobody else uses it before this
 * ends, and these changes are recorded with the disk.
 */
export async function scanLun(
  operation: Operation,
  transport: Transport,
  nexus: Nexus,
  path: NamedPath,
  created?: Changes,
): Promise<ScannedDisk | undefined> {
  const { place, label } = nexus
  const { lun } = path
  const book = new DiskBook(operation, nexus, lun, created)
  operation.udev.add([keyOf(nexus, lun)])
  return await book.alone(async () => {
    const scanNow = () => operation.progress.step('scan', () => scan(operation, nexus, lun, book), label)
    const scanInTurn = () => operation.inTurn('scsi-host', String(place.host), scanNow, { path: label })
    let scanned = await scanInTurn()
    const isVolume = scanned?.before === undefined || notAVolume(scanned.before) === undefined
    if (scanned?.before !== undefined && !isVolume && (await renewLun(operation, transport, nexus, scanned.before)))
      scanned = await scanInTurn()
    if (scanned === undefined) return undefined
    const { fresh, sinceMs, disk: seen } = scanned
    const disk = await operation.progress.step('find', () => find(operation, nexus, lun, seen), label)
    await book.found(disk, fresh)
    if (disk.block === undefined || notAVolume(disk) !== undefined) return undefined
    return { path, nexus, disk: await withNode(operation, nexus, disk), fresh, sinceMs }
  })
}
/** Names neither the target, which has as many events as LUNs, nor all events of the device, which are about a dozen. */
const keyOf = ({ place }: Nexus, lun: bigint): string => `disk:${place.host}:${place.channel}:${place.id}:${lun}`

/** `before`: the device that was there before the scan, so that there was nothing to scan. */
type Scanned = Pick<ScannedDisk, 'fresh' | 'sinceMs' | 'disk'> & { readonly before?: ScsiDisk }

async function scan(operation: Operation, nexus: Nexus, lun: bigint, book: DiskBook): Promise<Scanned | undefined> {
  const { host, signal } = operation
  const { place } = nexus
  const sinceMs = host.clock.now()
  if (!book.isIntended) {
    const before = await readDisk(host, place.directory, lun, signal)
    if (before !== undefined) return foundBefore(nexus, before)
  }
  await book.intend()
  const [looked, isFree, written, seen] = await (nexus.scanWaits === 'unbounded' ? scanInHelper : scanInJob)(operation, nexus, lun)
  const before = isFree === true || looked === undefined ? undefined : diskIn(looked, place.directory, lun)
  if (before !== undefined) {
    // Another program or attachment was faster.
    await book.absent()
    return foundBefore(nexus, before)
  }
  if (written?.outcome !== 'written') throw lost(nexus)
  const disk = seen && diskIn(seen, place.directory, lun)
  if (disk !== undefined) return { fresh: true, sinceMs, disk }
  await book.absent()
  return undefined
}
type ScanAnswers = readonly [looked?: Tree, isFree?: boolean, written?: WriteOutcome, seen?: Tree | undefined]
async function scanInJob({ host, signal }: Operation, nexus: Nexus, lun: bigint): Promise<ScanAnswers> {
  const { answers, stopped } = await host.kernel.runJob(scanSteps(nexus, lun), signal)
  if (stopped?.error !== undefined) throw stopped.error
  return answers
}
/** The same, where the scan may wait without an end. */
async function scanInHelper({ host, signal }: Operation, nexus: Nexus, lun: bigint): Promise<ScanAnswers> {
  const [look, free, { write }, appears] = scanSteps(nexus, lun)
  const looked = await host.kernel.readTree(look.plan, signal)
  if (!shows(looked, free.expectation)) return [looked, false]
  const written = await host.kernel.write({ ...write, waits: 'unbounded' }, signal)
  if (written.outcome !== 'written') return [looked, true, written]
  const { answers, stopped } = await host.kernel.runJob([appears], signal)
  if (stopped?.error !== undefined) throw stopped.error
  return [looked, true, written, answers[0]]
}
/** The scan, unless a device is there, and then the time in which the disk comes up as a rule. The claim has its intention. */
function scanSteps(nexus: Nexus, lun: bigint) {
  const { place, guards } = nexus
  const plan = diskPlan(place.directory, lun)
  return [
    { do: 'readTree', plan },
    { do: 'check', step: 0, expectation: noDevice(lun) },
    { do: 'write', write: scanOf({ ...place, lun }, guards) },
    { do: 'awaitTree', plan, keys: [keyOf(nexus, lun)], until: disksFate(lun), timeoutMs: PROMPT_MS },
  ] as const
}
function foundBefore({ key }: Nexus, before: WholeDisk): Scanned | undefined {
  if (before.state === 'running') return { fresh: false, sinceMs: undefined, disk: before, before }
  // Until the device has gone, the kernel answers a scan with this same device (drivers/scsi/scsi_scan.c, scsi_probe_and_add_lun).
  if (isHalfThere(before)) return undefined
  throw new BrickworkError('ERR_TARGET_UNREACHABLE', `LUN ${before.lun} of ${key} exists as ${before.hctl} in state ${before.state}`, {
    details: { hctl: before.hctl, state: before.state },
  })
}

/**
 * Waits for the block device, which the disk driver creates some milliseconds after the scan. For a device that is not a disk it creates
 * none. `seen`: the device as it was read just now.
 */
async function find(operation: Operation, nexus: Nexus, lun: bigint, seen: WholeDisk): Promise<WholeDisk> {
  const isClear = (now: WholeDisk) => now.block !== undefined || notAVolume(now) !== undefined
  if (isClear(seen)) return seen
  using watch = await operation.host.events.watch([keyOf(nexus, lun)])
  let disk = seen
  await operation.within(DRIVER_MS, async ({ host, signal }) => {
    await whenSeen(watch, signal, async () => {
      const now = await readDisk(host, nexus.place.directory, lun, signal)
      if (now === undefined) throw lost(nexus)
      disk = now
      return isClear(now) ? true : undefined
    })
  })
  return disk
}

/** The disk with its sg node, through which its identity is verified. Returns the disk without one if none appears in time. */
async function withNode(operation: Operation, nexus: Nexus, disk: WholeDisk): Promise<WholeDisk> {
  if (disk.sg !== undefined || !(await reloadSgModule(operation.host, operation.signal))) return disk
  let found = disk
  await operation.within(NODE_MS, async ({ host, signal }) => {
    await whenTrue(host, signal, async () => {
      const now = await readDisk(host, nexus.place.directory, disk.lun, signal)
      if (now === undefined || now.block?.diskseq !== disk.block?.diskseq)
        throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${disk.hctl} disappeared during the attach`)
      found = now
      return now.sg
    })
  })
  return found
}
function lost({ key, label }: Pick<Nexus, 'key' | 'label'>): BrickworkError {
  return new BrickworkError('ERR_TARGET_UNREACHABLE', `Could not scan at ${label}: ${key} has gone`, {
    details: { nexus: key, path: label },
  })
}
