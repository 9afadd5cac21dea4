/** Tests every parser of bytes from devices, the kernel or the native part. */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { failureIn, field, ReplyDecoder } from '../../../lib/host/helper-frames.js'
import { keysOf, parseUevent } from '../../../lib/host/uevent.js'
import { UdevProgress } from '../../../lib/host/udev-progress.js'
import { parseCapacity } from '../../../lib/linux/scsi/capacity.js'
import { parseLuns } from '../../../lib/linux/scsi/report-luns.js'
import { parseDesignators, parseSerial, wwidOf } from '../../../lib/linux/scsi/vpd.js'
import { meaningOfWwid } from '../../../lib/core/volume-name.js'
import { namesOf } from '../../../lib/linux/scsi/volume-names.js'
import { answers, spoiledBytes } from './hostile.js'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const page83 = hex('00830020 01030010 6001405aabbccddeeff0011223344556 02010004 4c494f20 01000000')
const uevent = (source: number) =>
  Buffer.concat([
    Buffer.of(source),
    Buffer.from('ACTION=add\0DEVPATH=/devices/virtual/block/dm-0\0SUBSYSTEM=block\0SEQNUM=7\0DM_UUID=mpath-36\0'),
  ])
/** In the helper's format, in one stream: success with a field, then failure with errno, call and path. */
const replies = hex('0d000000 01000000 00 04000000 61626364 1d000000 02000000 01 04000000 05000000 04000000 72656164 04000000 2f737973')

test('identity pages: designators lie within the page, and a WWID is plain text', () => {
  fc.assert(
    fc.property(spoiledBytes(page83, hex('00800004 31323334')), (page) => {
      const designators = parseDesignators(page)
      for (const { type, codeSet, bytes } of designators) expect([type < 16, codeSet < 16, bytes.length > 0]).toEqual([true, true, true])
      expect(designators.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(page.length)
      const wwid = wwidOf(designators)
      if (wwid !== undefined)
        expect([wwid, namesOf(designators, undefined).some((name) => meaningOfWwid(wwid).includes(name))]).toEqual([
          expect.stringMatching(/^[\x20-\x7e]+$/),
          true,
        ])
      expect(parseSerial(page) ?? 'x').toMatch(/^[\x20-\x7e]+$/)
    }),
  )
})

test('capacity: nothing, or blocks that have a size', () => {
  fc.assert(
    fc.property(spoiledBytes(hex('000000000001ffff 00000200'.padEnd(64, '0'))), (data) => {
      const capacity = parseCapacity(data)
      if (capacity !== undefined) expect([capacity.blocks > 0n, capacity.blockBytes > 0, data.length >= 12]).toEqual([true, true, true])
    }),
  )
})

test('LUNs: no more than the answer has room for', () => {
  const two = hex('00000010 00000000 0001000000000000 412c000000000000')
  fc.assert(
    fc.property(spoiledBytes(two), (data) => {
      expect(parseLuns(data)?.length ?? 0).toBeLessThanOrEqual(data.length / 8)
    }),
  )
})

test('uevents: nothing, or one with all that a watch looks at; udev is never behind for ever', () => {
  fc.assert(
    fc.property(fc.array(spoiledBytes(uevent(1), uevent(2)), { maxLength: 5 }), (messages) => {
      const progress = new UdevProgress()
      for (const message of messages) {
        const event = parseUevent(message)
        if (event === undefined) continue
        expect([Number.isSafeInteger(event.seqnum), event.properties.get('DEVPATH')]).toEqual([true, event.devpath])
        expect(keysOf(event).every((key) => key !== '')).toBe(true)
        progress.note(event)
      }
      progress.clear()
      expect(progress.pending('dm-0')).toBe(false)
    }),
  )
})

test("the helper's answers: the same in pieces as at once, and ERR_PARSE for what is none", () => {
  const read = (...chunks: readonly Uint8Array[]) => {
    const decoder = new ReplyDecoder()
    return answers(() =>
      chunks
        .flatMap((chunk) => decoder.push(Buffer.from(chunk)))
        .map(({ id, failed, body }) => [
          id,
          failed,
          answers(() => (failed ? failureIn(body).message : Buffer.from(field(body)).toString('hex'))),
        ]),
    )
  }
  expect(read(replies)).toEqual([
    [1, false, '61626364'],
    [2, true, expect.stringContaining('read')],
  ])
  fc.assert(
    fc.property(spoiledBytes(replies), fc.nat(), (stream, cut) => {
      const at = cut % (stream.length + 1)
      expect(read(stream.subarray(0, at), stream.subarray(at))).toEqual(read(stream))
    }),
  )
})
