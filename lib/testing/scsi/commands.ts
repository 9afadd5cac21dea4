/** Answers SCSI commands as a LUN of LIO does. */
import type { ScsiReply } from '../../core/host.js'
import type { Nexus } from './nexus.js'
import { pagesOf } from './pages.js'

const CHECK_CONDITION = 2
const BLOCK_BYTES = 512
const NOT_READY = 2
const ILLEGAL_REQUEST = 5

/** `undefined`: no model knows the command. */
export function answer(nexus: Nexus, lun: number, cdb: Uint8Array): ScsiReply | undefined {
  if (cdb[0] === 0xa0) return good(luns(nexus), ((cdb[8] ?? 0) << 8) | (cdb[9] ?? 0))
  const volume = nexus.volumeAt(lun)
  if (volume === undefined) return checkCondition(ILLEGAL_REQUEST, 0x25, 0x00)
  const pages = pagesOf(volume, nexus.names)
  const allocated = ((cdb[3] ?? 0) << 8) | (cdb[4] ?? 0)
  switch (cdb[0] ?? 0) {
    case 0x00: // TEST UNIT READY
      if (!takesIo(nexus)) return checkCondition(NOT_READY, 0x04, nexus.accessState?.() === 'standby' ? 0x0b : 0x0c)
      return good(new Uint8Array(0), 0)
    case 0x12: {
      if (((cdb[1] ?? 0) & 1) === 0) return good(pages.inquiry, allocated)
      const page = new Map([
        [0x00, pages.vpd00],
        [0x80, pages.vpd80],
        [0x83, pages.vpd83],
      ]).get(cdb[2] ?? 0)
      return page === undefined ? checkCondition(ILLEGAL_REQUEST, 0x24, 0x00) : good(page, allocated)
    }
    case 0x28: // READ(10)
      return good(volume.read(numberAt(cdb, 2, 4) * BLOCK_BYTES, numberAt(cdb, 7, 2) * BLOCK_BYTES), Infinity)
    case 0x9e: // READ CAPACITY(16)
      if ((cdb[1] ?? 0) !== 0x10) return undefined
      return volume.peripheral === 0 ? good(capacity(volume.sizeBytes), 32) : checkCondition(ILLEGAL_REQUEST, 0x20, 0x00)
    default:
      return undefined
  }
}

/** Whether reads and writes are accepted. SPC-4 5.16.2 refuses them in standby and when unavailable. */
export function takesIo(nexus: Nexus): boolean {
  return !['standby', 'unavailable'].includes(nexus.accessState?.() ?? '')
}

/** The host adapter's own result: the command never reached the target. */
export function hostFailure(hostStatus: number): ScsiReply {
  return { status: 0, hostStatus, driverStatus: 0, sense: new Uint8Array(0), data: new Uint8Array(0) }
}
function good(data: Uint8Array, allocated: number): ScsiReply {
  return { status: 0, hostStatus: 0, driverStatus: 0, sense: new Uint8Array(0), data: data.slice(0, allocated) }
}
/** Sense data in fixed format. */
function checkCondition(key: number, code: number, qualifier: number): ScsiReply {
  const sense = new Uint8Array(18)
  sense.set([0x70, 0, key, 0, 0, 0, 0, 10])
  sense.set([code, qualifier], 12)
  return { status: CHECK_CONDITION, hostStatus: 0, driverStatus: 0x08, sense, data: new Uint8Array(0) }
}
function numberAt(cdb: Uint8Array, at: number, bytes: number): number {
  return cdb.subarray(at, at + bytes).reduce((number, byte) => number * 256 + byte, 0)
}
function capacity(sizeBytes: number): Uint8Array {
  const data = new Uint8Array(32)
  const view = new DataView(data.buffer)
  view.setBigUint64(0, BigInt(sizeBytes / 512 - 1))
  view.setUint32(8, 512)
  return data
}
function luns(nexus: Nexus): Uint8Array {
  const numbers = [...nexus.luns()].sort((a, b) => a - b)
  const data = new Uint8Array(8 + numbers.length * 8)
  const view = new DataView(data.buffer)
  view.setUint32(0, numbers.length * 8)
  for (const [index, lun] of numbers.entries()) view.setUint16(8 + index * 8, lun)
  return data
}
