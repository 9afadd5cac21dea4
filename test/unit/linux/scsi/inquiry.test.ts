import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'

import type { ScsiReply } from '../../../../lib/core/host.js'
import { senseKey } from '../../../../lib/linux/scsi/command.js'
import { inquirePage } from '../../../../lib/linux/scsi/inquiry.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { forever } from '../machine.js'
import { LIO } from '../pages.js'

const reply = (more: Partial<ScsiReply>): ScsiReply => ({
  status: 0,
  hostStatus: 0,
  driverStatus: 0,
  sense: new Uint8Array(),
  data: LIO,
  ...more,
})
const sense = (...bytes: number[]) => reply({ status: 2, sense: Uint8Array.of(...bytes), data: new Uint8Array() })
const unitAttention = sense(0x70, 0, 0x06)
const illegalRequest = sense(0x70, 0, 0x05)

describe('the sense key', () => {
  test.each<[string, ScsiReply, number | undefined]>([
    ['fixed, current', sense(0x70, 0, 0x06, 0), 6],
    ['fixed, deferred', sense(0x71, 0, 0xe5), 5],
    ['fixed, with the valid bit', sense(0xf0, 0, 0x03), 3],
    ['descriptor, current', sense(0x72, 0x06), 6],
    ['descriptor, deferred', sense(0x73, 0xf2), 2],
    ['of a vendor', sense(0x7f, 6, 6), undefined],
    ['empty', sense(), undefined],
    ['cut off (fixed)', sense(0x70, 0), undefined],
    ['cut off (descriptor)', sense(0x72), undefined],
    ['of a command that went well', reply({ sense: Uint8Array.of(0x70, 0, 6) }), undefined],
    ['of a busy device', reply({ status: 8, sense: Uint8Array.of(0x70, 0, 6) }), undefined],
  ])('of sense data that are %s', (_, answer, key) => {
    expect(senseKey(answer)).toBe(key)
  })
  test('is read from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), fc.nat(255), (bytes, status) => {
        const key = senseKey(reply({ status, sense: bytes }))
        expect(key === undefined || (key >= 0 && key <= 15)).toBe(true)
      }),
    )
  })
})

describe('asking a device for a page', () => {
  const asked = async (...answers: readonly ScsiReply[]) => {
    const host = new FakeHost()
    for (const answer of answers) host.faults.plant({ on: 'kernel.scsi', does: { answer } })
    const page = await inquirePage(host, '/dev/sg0', 0x83, forever)
    host.verify()
    return { page, times: host.trace.filter(({ call }) => call === 'kernel.scsi').length }
  }

  test('answers what the device says', async () => {
    expect(await asked(reply({}))).toEqual({ page: LIO, times: 1 })
  })
  test('asks again after a unit attention, three times at most', async () => {
    expect(await asked(unitAttention, unitAttention, reply({}))).toEqual({ page: LIO, times: 3 })
    expect(await asked(unitAttention, unitAttention, unitAttention)).toEqual({ page: undefined, times: 3 })
  })
  test.each([
    ['that has no such page', illegalRequest],
    ['that is busy', reply({ status: 8 })],
    ['that was not reached (DID_NO_CONNECT)', reply({ hostStatus: 1 })],
    ['that did not answer in time (DID_TIME_OUT)', reply({ hostStatus: 3, data: new Uint8Array() })],
  ])('of a device %s has no answer, and is not repeated', async (_, answer) => {
    expect(await asked(answer)).toEqual({ page: undefined, times: 1 })
  })
  test('is an INQUIRY for that page, for as many bytes as it takes, and no longer than udev waits', async () => {
    const host = new FakeHost()
    const scsi = vi.spyOn(host.kernel, 'scsi').mockResolvedValue(reply({}))
    await inquirePage(host, '/dev/sg7', 0x80, forever)
    const request = { device: '/dev/sg7', cdb: Uint8Array.of(0x12, 1, 0x80, 0, 0xfc, 0), length: 0xfc, timeoutMs: 5000 }
    expect(scsi.mock.calls).toEqual([[request, forever]])
  })
})
