/** Nothing is taken away from somebody who uses it. */
import type { BrickworkError } from '../core/errors.js'
import type { Hold } from '../core/host.js'
import { type BlockDevice, readBlockDevice } from '../linux/block/device.js'
import { type AllHolders, allHolders, characterHolders, exclusiveHolders, type Holders } from '../linux/block/holders.js'
import { holdDevice } from '../linux/block/hold-device.js'
import { UNANNOUNCED_MS } from '../linux/wait.js'
import type { Holder } from '../api/attachment.js'
import { heldError } from './held-error.js'
import type { Operation } from './operation.js'

/** Many a program opens a device for a moment to look at it; who is still there so long after it was first seen uses it. */
export const PASSING_MS = 1500
/** These only ever look, and end by themselves, however busy the host is and however many devices it has: they are waited for as long as there is time. */
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
  /** Open with O_EXCL until released: nobody can mount the device meanwhile. `undefined` when it is gone already. */
  readonly hold: Hold | undefined
  /** Silent openers that the caller chose to override. */
  readonly overridden: readonly Holder[]
}

/**
 * Takes the device for ourselves. A device that was `neverUsed` can only be held by probers: they are waited for as long as there is time.
 * @throws `ERR_HELD` with everyone who was found, as kind, pid, command and place.
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
  /** Overrides all who have it open without O_EXCL. */
  readonly force: boolean
  /** Processes that are passed over, besides those that only look. Default: none. */
  readonly except?: (process: { readonly pid: number }) => Promise<boolean>
}
/**
 * Nobody uses any of the devices, nor a partition or a partition map of one. To be asked before anything that can't be taken back: before I/O is
 * failed, before a map is told anything, before a path is taken out. It opens nothing, so that it answers of a map without a path too. Who only
 * looks is passed over; of the others, who passes by is waited for. `force` overrides those who have it open without O_EXCL.
 * @returns those who were overridden.
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
 * As {@link requireUnused}, of a device that has only character nodes.
 * @param name the node below /dev: `sg3`
 * @param characters the numbers of its nodes: `21:3`
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

/** Who uses the device, as far as it can be seen without opening it; `undefined` when nobody is seen, or nobody whose end would not be waited for. */
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

/** Without those who only look, and without processes of which the caller says so. */
async function whoStays(silent: readonly Holder[], except: Overridable['except'] = () => Promise.resolve(false)): Promise<Holder[]> {
  const kept = await Promise.all(
    silent.map(async (holder) => {
      const { kind, pid } = holder
      return isProber(holder) || (kind === 'process' && pid !== undefined && (await except({ pid }))) ? [] : [holder]
    }),
  )
  return kept.flat()
}

/** Waits for those who may be gone in a moment. */
class Patience {
  readonly #operation: Operation
  readonly #from: number
  readonly #firstSeen = new Map<number, number>()

  constructor(operation: Operation) {
    this.#operation = operation
    this.#from = operation.host.clock.now()
  }
  /** @throws `ERR_HELD` when somebody stays. */
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
  // What was built on it a moment ago, as multipathd may have done, is not in what was read of it before.
  const readNow = async () => (await readBlockDevice(host, device.name, signal)) ?? device
  if (hold === 'busy') {
    const { holders, unseen } = await exclusiveHolders(host, await readNow(), signal)
    return { holders: holders.length > 0 ? holders : [{ kind: 'exclusive' }], unseen }
  }
  try {
    const now = await readNow()
    const { exclusive, silent, unseen } = await allHolders(host, now, signal, 1)
    if (unseen.length > 0) operation.progress.note(`could not look at ${unseen.join(', ')}`, { device: device.name })
    if (exclusive.length === 0 && (silent.length === 0 || operation.force)) return { hold, overridden: silent }
    await hold.release()
    return { holders: [...exclusive, ...silent], unseen }
  } catch (error) {
    await hold.release()
    throw error
  }
}
