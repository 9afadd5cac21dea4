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

/** The size that the device itself has now, which the kernel learns only when it is told to look. `undefined` when it does not answer. */
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
/** The last block's number in eight bytes, then a block's length in four (SBC-3 table 73); `undefined` when it is cut off or has no size. */
export function parseCapacity(data: Uint8Array): Capacity | undefined {
  if (data.length < 12) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const blockBytes = view.getUint32(8)
  return blockBytes === 0 ? undefined : { blocks: view.getBigUint64(0) + 1n, blockBytes }
}
