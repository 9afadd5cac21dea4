import type { Host } from '../../core/host.js'
import { askDevice } from './command.js'

/** SBC-3 5.16: READ CAPACITY(16) is SERVICE ACTION IN(16) with service action 0x10. */
const SERVICE_ACTION_IN_16 = 0x9e
const READ_CAPACITY_16 = 0x10
const LENGTH = 32
const LENGTH_AT = 13

export interface Capacity {
  readonly blocks: bigint
  readonly blockBytes: number
}

/** The current size of the device itself. The kernel notices a new size only at a rescan. `undefined` when the device does not answer. */
export async function readCapacity(host: Host, device: string, signal: AbortSignal): Promise<Capacity | undefined> {
  const cdb = new Uint8Array(16)
  cdb[0] = SERVICE_ACTION_IN_16
  cdb[1] = READ_CAPACITY_16
  cdb[LENGTH_AT] = LENGTH
  const data = await askDevice(host, device, { cdb, length: LENGTH }, signal)
  return data === undefined ? undefined : parseCapacity(data)
}

export function capacityBytes(capacity: Capacity | undefined): number | undefined {
  return capacity === undefined ? undefined : Number(capacity.blocks) * capacity.blockBytes
}
/**
 * Eight bytes with the number of the last block, four with the length of a block (SBC-3 table 73). `undefined` when truncated or without a
 * size.
 */
export function parseCapacity(data: Uint8Array): Capacity | undefined {
  if (data.length < 12) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const blockBytes = view.getUint32(8)
  return blockBytes === 0 ? undefined : { blocks: view.getBigUint64(0) + 1n, blockBytes }
}
