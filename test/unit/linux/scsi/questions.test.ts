/** Commands to a device besides its pages: size, LUNs, readiness. */
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'

import type { ScsiReply } from '../../../../lib/core/host.js'
import { parseCapacity, readCapacity } from '../../../../lib/linux/scsi/capacity.js'
import { parseLuns, reportLuns } from '../../../../lib/linux/scsi/report-luns.js'
import { isUnitReady } from '../../../../lib/linux/scsi/unit-ready.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { forever } from '../machine.js'

function hostThatSays(data: Uint8Array, more: Partial<ScsiReply> = {}) {
  const host = new FakeHost()
  const reply: ScsiReply = { status: 0, hostStatus: 0, driverStatus: 0, sense: new Uint8Array(), data, ...more }
  return { host, scsi: vi.spyOn(host.kernel, 'scsi').mockResolvedValue(reply) }
}
const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
const asked = (scsi: ReturnType<typeof hostThatSays>['scsi']) => {
  const [request] = scsi.mock.calls[0] ?? []
  return { cdb: Buffer.from(request?.cdb ?? []).toString('hex'), length: request?.length }
}

describe('the size', () => {
  // sg_readcap -16 of a LIO volume of 64 MiB.
  const LIO_64_MIB = bytes(`000000000001ffff00000200${'00'.repeat(20)}`)
  test('is the last block and one more', async () => {
    const { host, scsi } = hostThatSays(LIO_64_MIB)
    expect(await readCapacity(host, '/dev/sg3', forever)).toEqual({ blocks: 131_072n, blockBytes: 512 })
    expect(asked(scsi)).toEqual({ cdb: '9e100000000000000000000000200000', length: 32 })
  })
  test('beyond what 32 bits count', () => {
    expect(parseCapacity(bytes(`00000004ffffffff00001000${'00'.repeat(20)}`))).toEqual({ blocks: 0x5_0000_0000n, blockBytes: 4096 })
  })
  test('is none of an answer that is cut off, or that has no block', () => {
    expect(parseCapacity(LIO_64_MIB.slice(0, 11))).toBeUndefined()
    expect(parseCapacity(new Uint8Array(32))).toBeUndefined()
  })
  test('is not known of a device that does not answer, or is gone', async () => {
    expect(await readCapacity(hostThatSays(LIO_64_MIB, { hostStatus: 1 }).host, '/dev/sg3', forever)).toBeUndefined()
    expect(await readCapacity(new FakeHost(), '/dev/sg3', forever)).toBeUndefined()
  })
})

describe('the LUNs', () => {
  test('are packed as the kernel packs them: peripheral, flat, and of 64 bits', async () => {
    const { host, scsi } = hostThatSays(bytes('00000020000000000000000000000000000100000000000041000000000000000002000300000000'))
    expect(await reportLuns(host, '/dev/sg3', forever)).toEqual([0n, 1n, 0x4100n, 0x0003_0002n])
    expect(asked(scsi)).toEqual({ cdb: 'a00000000000000020000000', length: 8192 })
  })
  test('of a list that was cut off are those that are there', () => {
    expect(parseLuns(bytes('0000002000000000000100000000000000'))).toEqual([1n])
    expect(parseLuns(bytes('00000020'))).toBeUndefined()
  })
  test('are read from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
        expect(parseLuns(data)?.length ?? 0).toBeLessThanOrEqual(7)
      }),
    )
  })
})

describe('readiness', () => {
  test('is a command without data that goes well', async () => {
    const { host, scsi } = hostThatSays(new Uint8Array())
    expect(await isUnitReady(host, '/dev/sg3', forever)).toBe(true)
    expect(asked(scsi)).toEqual({ cdb: '000000000000', length: 0 })
  })
  test('is missing while the device says that it is not ready', async () => {
    const { host } = hostThatSays(new Uint8Array(), { status: 2, sense: Uint8Array.of(0x70, 0, 0x02) })
    expect(await isUnitReady(host, '/dev/sg3', forever)).toBe(false)
  })
})
