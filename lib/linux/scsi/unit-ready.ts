import type { Host } from '../../core/host.js'
import { askDevice } from './command.js'

/** TEST UNIT READY (SPC-4 6.47): whether the device would carry out reads and writes now. */
export async function isUnitReady(host: Host, device: string, signal: AbortSignal): Promise<boolean> {
  return (await askDevice(host, device, { cdb: new Uint8Array(6), length: 0 }, signal)) !== undefined
}
