/** Nothing is taken away from somebody who uses it. */
import { BrickworkError } from '../core/errors.js'
import type { Hold } from '../core/host.js'
import { type BlockDevice, readBlockDevice } from '../linux/block/device.js'
import { exclusiveHolders, type Holders, silentHolders } from '../linux/block/holders.js'
import { UNANNOUNCED_MS } from '../linux/wait.js'
import type { Holder } from '../api/attachment.js'
import type { Operation } from './operation.js'

/** Many a program opens a device for a moment to look at it; who is still there so long after it was first seen uses it. */
export const PASSING_MS = 1500
/** These only ever look, and end by themselves, however busy the host is and however many devices it has: they are waited for as long as there is time. */
const PROBERS: readonly string[] = [
  ...['(udev-worker)', 'systemd-udevd', 'udevd', '(spawn)'],
  ...['multipath', 'multipathc', 'scsi_id', 'sg_inq', 'blkid', 'lsblk', 'mpathpersist'],
  ...['lvm', 'pvs', 'vgs', 'lvs', 'pvscan', 'vgscan', 'lvscan', 'pvdisplay', 'vgdisplay', 'lvdisplay'],
]

export function onlyProbers(holders: readonly Holder[]): boolean {
  return holders.length > 0 && holders.every(({ command }) => PROBERS.includes(command ?? ''))
}

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
  const { clock } = operation.host
  const firstSeen = new Map<number, number>()
  for (const from = clock.now(); ; ) {
    const answer = await tryToTake(operation, device)
    if (!('holders' in answer)) return answer
    const now = clock.now()
    const stays = ({ pid }: Holder) => now >= (pid === undefined ? from : (firstSeen.get(pid) ?? now)) + PASSING_MS
    for (const { pid } of answer.holders) if (pid !== undefined && !firstSeen.has(pid)) firstSeen.set(pid, now)
    const passing = answer.holders.every(({ kind }) => kind === 'process' || kind === 'exclusive')
    const patient = neverUsed || !answer.holders.some(stays) || onlyProbers(answer.holders)
    if (!passing || !patient) throw heldError(device, answer.holders, answer.unseen)
    await clock.sleep(UNANNOUNCED_MS, operation.signal).catch(() => {
      throw heldError(device, answer.holders, answer.unseen)
    })
  }
}

/** Who uses the device, as far as it can be seen without opening it; `undefined` when nobody is seen, or nobody whose end would not be waited for. */
export async function usersOf({ host, signal }: Operation, device: BlockDevice): Promise<BrickworkError | undefined> {
  const [loud, silent] = [await exclusiveHolders(host, device, signal), await silentHolders(host, device, signal)]
  const holders = [...loud.holders, ...silent.holders]
  const staying = holders.filter((each) => each.kind !== 'process' || !onlyProbers([each]))
  return staying.length === 0 ? undefined : heldError(device, staying, [...loud.unseen, ...silent.unseen])
}

async function tryToTake(operation: Operation, device: BlockDevice): Promise<Guarded | Holders> {
  const { host, signal } = operation
  const hold = await host.kernel.hold(`/dev/${device.name}`, signal)
  if (hold === 'gone') return { hold: undefined, overridden: [] }
  if (hold === 'busy') {
    // What was built on it a moment ago, as multipathd may have done, is not in what was read of it before.
    const now = (await readBlockDevice(host, device.name, signal)) ?? device
    const { holders, unseen } = await exclusiveHolders(host, now, signal)
    return { holders: holders.length > 0 ? holders : [{ kind: 'exclusive' }], unseen }
  }
  try {
    const { holders, unseen } = await silentHolders(host, device, signal)
    if (unseen.length > 0) operation.progress.note(`could not look at ${unseen.join(', ')}`, { device: device.name })
    if (holders.length === 0 || operation.force) return { hold, overridden: holders }
    await hold.release()
    return { holders, unseen }
  } catch (error) {
    await hold.release()
    throw error
  }
}

export function heldError(device: BlockDevice, holders: readonly Holder[], unseen: readonly string[]): BrickworkError {
  const who = holders.map(describe).join(', ')
  return new BrickworkError('ERR_HELD', `/dev/${device.name} is in use: ${who}`, {
    details: { device: `/dev/${device.name}`, holders, unseen },
  })
}
function describe({ kind, pid, command, where }: Holder): string {
  const process = pid === undefined ? '' : `process ${pid}${command === undefined ? '' : ` (${command})`}`
  switch (kind) {
    case 'mount':
      return `mounted on ${where ?? '?'}${process === '' ? '' : `, seen by ${process}`}`
    case 'swap':
      return 'used as swap'
    case 'device':
      return `${where ?? 'another device'} is built on it`
    case 'process':
      return `${process} has it open`
    case 'export':
      return `exported by ${where ?? '?'}`
    case 'exclusive':
      return 'opened exclusively by somebody who could not be found'
  }
}
