import { describe, expect, test } from 'vitest'

import { reverify, verifyIdentity } from '../../../lib/operation/identity.js'
import { scsiIdentity, type ScsiPages } from '../../../lib/scsi/disk/identity.js'
import type { ScsiReply } from '../../../lib/core/host.js'
import { FakeHost } from '../../../lib/testing/index.js'
import type { Expected } from '../../../lib/api/attachment.js'
import { designator, fromHex, identificationPage, LIO, serialPage, T10 } from '../linux/pages.js'
import { operationOn } from './entries.js'

const WWID = '36001405a1b2c3d4e5f60718293a4b5c6'
const NAMES = ['naa.6001405a1b2c3d4e5f60718293a4b5c6', 't10.lio-org_fileio_:a1b2', 'serial.a1b2']
const OTHER = identificationPage(designator({ type: 3, value: fromHex('6001405ffffffffffffffffffffffff0') }))
const disk: ScsiPages = { name: 'sda', sizeBytes: 1024, vpd80: serialPage('a1b2'), vpd83: LIO, sg: '/dev/sg0' }
const local: ScsiPages = { name: 'vdb', sizeBytes: 1024, vpd80: undefined, vpd83: undefined, sg: undefined }
const reply = (data: Uint8Array, more: Partial<ScsiReply> = {}): ScsiReply => ({
  status: 0,
  hostStatus: 0,
  driverStatus: 0,
  sense: new Uint8Array(),
  data,
  ...more,
})

async function proven(
  what: ScsiPages,
  { fresh = true, expected = {}, answer }: { fresh?: boolean; expected?: Expected; answer?: ScsiReply } = {},
) {
  const host = new FakeHost()
  if (answer !== undefined) host.faults.plant({ on: 'kernel.scsi', does: { answer } })
  const { operation, deadline } = await operationOn(host)
  try {
    return await verifyIdentity(operation, scsiIdentity(what), fresh, expected)
  } finally {
    deadline[Symbol.dispose]()
    host.verify()
  }
}

/** A disk that existed before. It refuses page 0x83 and returns this page 0x80. */
async function bySerial(what: ScsiPages, page80: Uint8Array | undefined) {
  const host = new FakeHost()
  const refusal = reply(new Uint8Array(), { status: 2 })
  for (const answer of [refusal, page80 === undefined ? refusal : reply(page80)]) host.faults.plant({ on: 'kernel.scsi', does: { answer } })
  const { operation, deadline } = await operationOn(host)
  try {
    return await verifyIdentity(operation, scsiIdentity(what), false, {})
  } finally {
    deadline[Symbol.dispose]()
    host.verify()
  }
}

describe('a disk that this attach has brought in', () => {
  test('is proven by the pages that the kernel has just read, without asking it again', async () => {
    expect(await proven(disk)).toEqual({ identity: { scheme: 'scsi', id: WWID }, wwid: WWID, serial: 'a1b2', names: NAMES })
  })
  test.each<[Expected]>([
    [{ wwid: 'naa.6001405A1B2C3D4E5F60718293A4B5C6' }],
    [{ wwid: WWID, serial: 'a1b2', sizeBytes: 1024 }],
    [{ serial: 'a1b2' }],
    [{ sizeBytes: 1024 }],
  ])('is the expected one by %j', async (expected) => {
    expect(await proven(disk, { expected })).toMatchObject({ wwid: WWID })
  })
  test.each<[Expected, string, unknown]>([
    [{ wwid: '36001405000000000' }, 'WWID', WWID],
    [{ wwid: WWID, serial: 'a1b3' }, 'serial number', 'a1b2'],
    [{ wwid: WWID, sizeBytes: 2048 }, 'size in bytes', 1024],
    [{ wwid: WWID, serial: 'a1b2', sizeBytes: 0 }, 'size in bytes', 1024],
  ])('is another one than expected by %j', async (expected, what, found) => {
    await expect(proven(disk, { expected })).rejects.toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
      details: { device: '/dev/sda', what, found },
      retryable: false,
    })
  })
  test('without any identity is not the expected one', async () => {
    await expect(proven(local, { expected: { wwid: WWID } })).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    await expect(proven(local, { expected: { serial: 'a1b2' } })).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    expect(await proven(local)).toEqual({ identity: null, wwid: undefined, serial: undefined, names: [] })
  })
})

describe('a disk that was there before', () => {
  test('is asked who it is', async () => {
    expect(await proven(disk, { fresh: false, answer: reply(LIO) })).toEqual({
      identity: { scheme: 'scsi', id: WWID },
      wwid: WWID,
      serial: 'a1b2',
      names: NAMES,
    })
  })
  test('is the same volume when it shows a designator more than before, or one less', async () => {
    const [less, more] = [identificationPage(T10), LIO]
    for (const [before, now] of [
      [less, more],
      [more, less],
    ] as const)
      expect(await proven({ ...disk, vpd83: before }, { fresh: false, answer: reply(now) })).toMatchObject({ serial: 'a1b2' })
  })
  test('that has no page 0x83 is the same volume by its serial number (page 0x80)', async () => {
    const without = { ...disk, vpd83: undefined }
    expect(await bySerial(without, serialPage('A1B2 '))).toMatchObject({ serial: 'a1b2', wwid: undefined })
    await expect(bySerial(without, serialPage('a1b3'))).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', details: { stale: true } })
    await expect(bySerial(without, undefined)).rejects.toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' })
    await expect(bySerial({ ...without, vpd80: undefined }, undefined)).rejects.toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' })
  })
  test('is another volume when it says so, whatever the kernel remembers', async () => {
    await expect(proven(disk, { fresh: false, answer: reply(OTHER), expected: { wwid: WWID } })).rejects.toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
      details: { device: '/dev/sda', found: '36001405ffffffffffffffffffffffff0', before: WWID },
    })
  })
  test.each<[string, number, Expected, number | undefined]>([
    ['of the size that the device has by now, whatever the kernel remembers', 2048, { sizeBytes: 2048 }, undefined],
    ['of another size by now', 2048, { sizeBytes: 1024 }, 2048],
  ])('is %s', async (_, now, expected, found) => {
    const capacity = new Uint8Array(32)
    new DataView(capacity.buffer).setBigUint64(0, BigInt(now / 512 - 1))
    new DataView(capacity.buffer).setUint32(8, 512)
    const host = new FakeHost()
    for (const data of [LIO, capacity]) host.faults.plant({ on: 'kernel.scsi', does: { answer: reply(data) } })
    const { operation, deadline } = await operationOn(host)
    const verified = verifyIdentity(operation, scsiIdentity(disk), false, expected)
    if (found === undefined) await verified
    else await expect(verified).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', details: { expected: 1024, found } })
    deadline[Symbol.dispose]()
    host.verify()
  })
  test('is not known when it does not answer, or cannot be asked', async () => {
    const unknown = { code: 'ERR_IDENTITY_UNKNOWN', details: { device: '/dev/sda' } }
    const dead = reply(new Uint8Array(), { hostStatus: 1 })
    await expect(proven(disk, { fresh: false, answer: dead, expected: { wwid: WWID } })).rejects.toMatchObject(unknown)
    await expect(proven({ ...disk, sg: undefined }, { fresh: false, expected: { wwid: WWID } })).rejects.toMatchObject(unknown)
  })
  test('that is none of SCSI keeps its identity', async () => {
    expect(await proven(local, { fresh: false })).toEqual({ identity: null, wwid: undefined, serial: undefined, names: [] })
  })
})

describe('what is attached already', () => {
  const again = async (answers: readonly (ScsiReply | 'silent')[]) => {
    const host = new FakeHost()
    const disks = answers.map((answer, index) => {
      const sg = `/dev/sg${index}`
      host.faults.plant({ on: 'kernel.scsi', matching: sg, does: answer === 'silent' ? { hang: 'before' } : { answer } })
      return scsiIdentity({ ...disk, name: `sd${index}`, sg })
    })
    const { operation, deadline } = await operationOn(host, { timeoutMs: 60_000 })
    const from = host.clock.now()
    try {
      await reverify(operation, disks, {})
      return host.clock.now() - from
    } finally {
      deadline[Symbol.dispose]()
    }
  }
  test('is not held up by a disk that is silent, once another one is proven', async () => {
    expect(await again([reply(LIO), 'silent'])).toBe(1000)
    expect(await again([reply(LIO), reply(LIO)])).toBe(0)
  })
  test('is refused for one disk that shows another volume, also beside one that is proven', async () => {
    await expect(again([reply(LIO), reply(OTHER), 'silent'])).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
  })
  test('is not known where no disk answers', async () => {
    await expect(again([reply(LIO, { status: 2 }), reply(LIO, { status: 2 })])).rejects.toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' })
  })
})
