/** The error that lists the users of a device. */
import { BrickworkError } from '../core/errors.js'
import type { BlockDevice } from '../linux/block/device.js'
import type { Holder } from '../api/attachment.js'

export function heldError({ name }: Pick<BlockDevice, 'name'>, holders: readonly Holder[], unseen: readonly string[]): BrickworkError {
  return new BrickworkError('ERR_HELD', `/dev/${name} is in use: ${inWords(holders)}`, {
    details: { device: `/dev/${name}`, holders, unseen },
  })
}
export function inWords(holders: readonly Holder[]): string {
  return holders.map(describe).join(', ')
}
function describe({ kind, pid, command, where, name }: Holder): string {
  const process = pid === undefined ? '' : `process ${pid}${command === undefined ? '' : ` (${command})`}`
  switch (kind) {
    case 'mount':
      return `mounted on ${where ?? '?'}${process === '' ? '' : `, seen by ${process}`}`
    case 'swap':
      return 'used as swap'
    case 'device':
      return `${where ?? 'another device'}${name === undefined ? '' : ` (${name})`} is built on it`
    case 'process':
      return `${process} has it open`
    case 'export':
      return `exported by ${where ?? '?'}`
    case 'exclusive':
      return 'opened exclusively by an unidentified process'
    case 'unidentified':
      return 'opened by an unidentified process'
  }
}
