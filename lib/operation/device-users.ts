/** Ensures that no device is removed while it is in use. */
import type { BrickworkError } from '../core/errors.js'
import type { Hold } from '../core/host.js'
import { type BlockDevice, readBlockDevice } from '../linux/block/device.js'
import { type AllHolders, allHolders, characterHolders, exclusiveHolders, type Holders } from '../linux/block/holders.js'
import { holdDevice } from '../linux/block/hold-device.js'
import { UNANNOUNCED_MS } from '../linux/wait.js'
import type { Holder } from '../api/attachment.js'
import { heldError } from './held-error.js'
import type { Operation } from './operation.js'

/** Many programs open a device briefly to probe it. A process that still has it open this long after it was first seen counts as a user. */
export const PASSING_MS = 1500
/** Programs that only probe devices. They end by themselves, even if late on a busy host, so they are waited for until the deadline. */
const PROBERS: readonly string[] = [
  ...['(udev-worker)', 'systemd-udevd', 'udevd', '(spawn)'],
  ...['multipath', 'multipathc', 'kpartx', 'partx', 'dmsetup', 'scsi_id', 'sg_inq', 'blkid', 'lsblk', 'mpathpersist'],
  ...['lvm', 'pvs', 'vgs', 'lvs', 'pvscan', 'vgscan', 'lvscan', 'pvdisplay', 'vgdisplay', 'lvdisplay'],
]

export function onlyProbers(holders: readonly Holder[]): boolean {
  return holders.length > 0 && holders.every(isProber)
}
const isProber = ({ kind, command }: Holder) => kind === 'process' && PROBERS.includes(command ?? '')

export interface Guarded {
  /** Holds the device with O_EXCL until released, so that no program can mount it. `undefined` when the device is already gone. */
  readonly hold: Hold | undefined
  /** Openers without O_EXCL that the caller chose to override. */
  readonly overridden: readonly Holder[]
}

/**
 * Opens the device exclusively. If it was `neverUsed`, only probers can have it open: waits for them until the deadline.
 * @throws `ERR_HELD` with all users that were found: their kind, pid, command and place.
 */
export async function openExclusively(operation: Operation, device: BlockDevice, neverUsed = false): Promise<Guarded> {
  const patience = new Patience(operation)
  for (;;) {
    const answer = await tryToTake(operation, device)
    if (!('holders' in answer)) return answer
    await patience.wait(device, answer, neverUsed)
  }
}

export interface Overridable {
  /** Overrides all users that have the device open without O_EXCL. */
  readonly force: boolean
  /** Processes to ignore, besides probers. Default: none. */
  readonly except?: (process: { readonly pid: number }) => Promise<boolean>
}
/**
 * Checks that the devices, their partitions and their partition maps are not in use. Call it before each step that can't be undone: before
 * I/O fails, before a command for a map, before the removal of a path. It opens nothing, so it also works for a map without paths. It
 * ignores probers, and waits for other processes that may end soon. `force` overrides users that have the device open without O_EXCL.
 * @returns the users that were overridden.
 * @throws `ERR_HELD`
 */
export async function requireUnused(
  operation: Operation,
  devices: readonly BlockDevice[],
  { force, except = () => Promise.resolve(false) }: Overridable,
): Promise<readonly Holder[]> {
  const patience = new Patience(operation)
  for (;;) {
    const overridden: Holder[] = []
    const held = await firstHeld(operation, devices, async ({ exclusive, silent }) => {
      if (force) overridden.push(...silent)
      return [...exclusive, ...(force ? [] : await whoStays(silent, except))]
    })
    if (held === undefined) return overridden
    await patience.wait(held.device, held)
  }
}

/**
 * Like {@link requireUnused}, for a device that has only character nodes.
 * @param name the node below /dev: `sg3`
 * @param characters the device numbers of its nodes: `21:3`
 */
export async function requireNodesUnused(
  operation: Operation,
  name: string,
  characters: readonly string[],
  { force }: Overridable,
): Promise<readonly Holder[]> {
  const patience = new Patience(operation)
  for (;;) {
    const { holders, unseen } = await characterHolders(operation.host, characters, operation.signal)
    const users = await whoStays(holders)
    if (users.length === 0 || force) return users
    await patience.wait({ name }, { holders: users, unseen })
  }
}

/** The error for the users of the device that can be found without opening it; `undefined` when there are none besides probers. */
export async function usersOf(operation: Operation, device: BlockDevice): Promise<BrickworkError | undefined> {
  const held = await firstHeld(operation, [device], async ({ exclusive, silent }) => [...exclusive, ...(await whoStays(silent))])
  return held === undefined ? undefined : heldError(device, held.holders, held.unseen)
}

async function firstHeld(
  { host, signal }: Operation,
  devices: readonly BlockDevice[],
  choose: (all: AllHolders) => Promise<readonly Holder[]>,
): Promise<(Holders & { readonly device: BlockDevice }) | undefined> {
  const answers = await Promise.all(devices.map(async (device) => ({ device, all: await allHolders(host, device, signal) })))
  const held = await Promise.all(answers.map(async ({ device, all }) => ({ device, holders: await choose(all), unseen: all.unseen })))
  return held.find(({ holders }) => holders.length > 0)
}

/** Omits probers, and processes that `except` accepts. */
async function whoStays(silent: readonly Holder[], except: Overridable['except'] = () => Promise.resolve(false)): Promise<Holder[]> {
  const kept = await Promise.all(
    silent.map(async (holder) => {
      const { kind, pid } = holder
      return isProber(holder) || (kind === 'process' && pid !== undefined && (await except({ pid }))) ? [] : [holder]
    }),
  )
  return kept.flat()
}

/** Waits for processes that may close the device soon. */
class Patience {
  readonly #operation: Operation
  readonly #from: number
  readonly #firstSeen = new Map<number, number>()

  constructor(operation: Operation) {
    this.#operation = operation
    this.#from = operation.host.clock.now()
  }
  /** @throws `ERR_HELD` when a user does not close the device. */
  async wait(device: Pick<BlockDevice, 'name'>, { holders, unseen }: Holders, neverUsed = false): Promise<void> {
    const { clock } = this.#operation.host
    const now = clock.now()
    const stays = ({ pid }: Holder) => now >= (pid === undefined ? this.#from : (this.#firstSeen.get(pid) ?? now)) + PASSING_MS
    for (const { pid } of holders) if (pid !== undefined && !this.#firstSeen.has(pid)) this.#firstSeen.set(pid, now)
    const passing = holders.every(({ kind }) => kind === 'process' || kind === 'exclusive' || kind === 'unidentified')
    const patient = neverUsed || !holders.some(stays) || onlyProbers(holders)
    if (!passing || !patient) throw heldError(device, holders, unseen)
    await clock.sleep(UNANNOUNCED_MS, this.#operation.signal).catch(() => {
      throw heldError(device, holders, unseen)
    })
  }
}

async function tryToTake(operation: Operation, device: BlockDevice): Promise<Guarded | Holders> {
  const { host, signal } = operation
  const hold = await holdDevice(host, device, signal)
  if (hold === 'gone') return { hold: undefined, overridden: [] }
  // The device read earlier does not include devices built on it since then, for example by multipathd.
  const readNow = async () => (await readBlockDevice(host, device.name, signal)) ?? device
  if (hold === 'busy') {
    const { holders, unseen } = await exclusiveHolders(host, await readNow(), signal)
    return { holders: holders.length > 0 ? holders : [{ kind: 'exclusive' }], unseen }
  }
  try {
    const now = await readNow()
    const { exclusive, silent, unseen } = await allHolders(host, now, signal, 1)
    if (unseen.length > 0) operation.progress.note(`could not check ${unseen.join(', ')} for users`, { device: device.name })
    if (exclusive.length === 0 && (silent.length === 0 || operation.force)) return { hold, overridden: silent }
    await hold.release()
    return { holders: [...exclusive, ...silent], unseen }
  } catch (error) {
    await hold.release()
    throw error
  }
}
