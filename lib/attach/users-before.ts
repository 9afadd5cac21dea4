/**
 * Checks before the device is handed out: nothing is built on a single device, and the caller learns who used devices that existed before.
 */
import type { Holder } from '../api/attachment.js'
import { allHolders } from '../linux/block/holders.js'
import { readBlockDevices } from '../linux/block/device.js'
import type { AttachedDevice } from '../operation/connector.js'
import { onlyProbers } from '../operation/device-users.js'
import { inWords } from '../operation/held-error.js'
import { requireNotBuiltOn } from '../operation/not-built-on.js'
import type { Operation } from '../operation/operation.js'

/**
 * Users of the devices that were on the host before this attach. They are reported and don't fail the attach.
 * @throws `ERR_HELD` when something was built on a single device since it was found: the caller couldn't use it.
 */
export async function usersBefore(operation: Operation, { device, multipath, before = [] }: AttachedDevice): Promise<readonly Holder[]> {
  const { host, signal } = operation
  if (multipath === undefined) await requireNotBuiltOn(operation, device.name)
  const users: Holder[] = []
  for (const each of await readBlockDevices(host, before, signal)) {
    const holders = each.holders.filter((holder) => holder !== device.name)
    const { exclusive, silent } = await allHolders(host, { ...each, holders }, signal)
    users.push(...exclusive, ...silent.filter((holder) => !onlyProbers([holder])))
  }
  if (users.length > 0)
    operation.progress.note(`the device existed before the attach and is in use: ${inWords(users)}`, { device: device.name, users })
  return users
}
