import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { BrickworkError } from '../../../../lib/core/errors.js'
import type { Host, NvmeAdminReply, NvmeAdminRequest } from '../../../../lib/core/host.js'
import { askIdentity, askSize, parseDescriptors, parseNamespace } from '../../../../lib/linux/nvme/identify.js'
import { forever } from '../machine.js'

const UUID = '11111111222243338444555555555555'
const NGUID = 'ab'.repeat(16)
const descriptor = (type: number, hex: string, length = hex.length / 2) => [type, length, 0, 0, ...Buffer.from(hex, 'hex')]
const list = (...parts: readonly (readonly number[])[]) => Uint8Array.from([...parts.flat(), ...new Array<number>(64).fill(0)])
function namespace({ blocks = 0n, flbas = 0, shift = 9, format = 0, nguid = '', eui64 = '' }): Uint8Array {
  const data = Buffer.alloc(4096)
  data.writeBigUInt64LE(blocks, 0)
  data.writeUInt8(flbas, 26)
  data.set(Buffer.from(nguid, 'hex'), 104)
  data.set(Buffer.from(eui64, 'hex'), 120)
  data.writeUInt8(shift, 128 + format * 4 + 2)
  return data
}
/** A host whose controller answers so. */
function answering(answer: (request: NvmeAdminRequest) => NvmeAdminReply | string): {
  readonly host: Host
  readonly asked: NvmeAdminRequest[]
} {
  const asked: NvmeAdminRequest[] = []
  const nvmeAdmin = (request: NvmeAdminRequest) => {
    asked.push(request)
    const reply = answer(request)
    if (typeof reply !== 'string') return Promise.resolve(reply)
    return Promise.reject(new BrickworkError('ERR_KERNEL', 'ioctl failed', { details: { errno: reply, syscall: 'ioctl' } }))
  }
  return { host: { kernel: { nvmeAdmin } } as unknown as Host, asked }
}

describe('the descriptors of a namespace', () => {
  test('are found by their types, in any order, beside others', () => {
    const data = list(
      descriptor(4, '00'),
      descriptor(3, UUID),
      descriptor(9, 'ffff'),
      descriptor(1, '002538b101020304'),
      descriptor(2, NGUID),
    )
    expect(parseDescriptors(data)).toEqual({ uuid: UUID, nguid: NGUID, eui64: '002538b101020304' })
  })
  test.each([
    ['of zeros', list(descriptor(3, '0'.repeat(32)))],
    ['of another length', list(descriptor(3, '11'.repeat(8)), descriptor(1, 'ab'.repeat(16)))],
    ['after the end', list([0, 0, 0, 0], descriptor(3, UUID))],
    ['cut off', Uint8Array.from(descriptor(3, UUID, 17))],
    ['empty', new Uint8Array(0)],
  ])('%s are none', (_, data) => {
    expect(parseDescriptors(data)).toEqual({ uuid: undefined, nguid: undefined, eui64: undefined })
  })
  test('of a type that comes twice: the first counts', () => {
    expect(parseDescriptors(list(descriptor(3, UUID), descriptor(3, 'ff'.repeat(16)))).uuid).toBe(UUID)
  })
  test('of any bytes end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        expect(Object.keys(parseDescriptors(data))).toEqual(['uuid', 'nguid', 'eui64'])
        expect(parseNamespace(data).sizeBytes).toBeUndefined()
      }),
    )
  })
})

describe('the data of a namespace', () => {
  test.each([
    ['512-byte blocks', { blocks: 131_072n }, 64 * 1024 * 1024],
    ['4096-byte blocks of format 1', { blocks: 16_384n, flbas: 1, format: 1, shift: 12 }, 64 * 1024 * 1024],
    ['a format above 15', { blocks: 8n, flbas: 0x21, format: 17, shift: 9 }, 4096],
    ['a block size that no device has', { blocks: 8n, shift: 3 }, undefined],
    ['more bytes than numbers hold', { blocks: 2n ** 60n, shift: 12 }, undefined],
  ])('with %s', (_, given, sizeBytes) => {
    expect(parseNamespace(namespace(given)).sizeBytes).toBe(sizeBytes)
  })
  test('has the identifiers of old controllers', () => {
    expect(parseNamespace(namespace({ nguid: NGUID, eui64: '002538b101020304' })).ids).toEqual({
      uuid: undefined,
      nguid: NGUID,
      eui64: '002538b101020304',
    })
  })
})

describe('a controller', () => {
  test('is asked by its own device, for descriptors first', async () => {
    const { host, asked } = answering(() => ({ status: 0, data: list(descriptor(3, UUID)) }))
    expect(await askIdentity(host, 'nvme3', 7, forever)).toMatchObject({ uuid: UUID })
    expect(asked).toEqual([{ device: '/dev/nvme3', opcode: 6, nsid: 7, cdw10: 3, length: 4096 }])
  })
  test('without descriptors is asked for the namespace', async () => {
    const { host } = answering(({ cdw10 }) =>
      cdw10 === 3 ? { status: 0x4002, data: new Uint8Array(0) } : { status: 0, data: namespace({ nguid: NGUID }) },
    )
    expect(await askIdentity(host, 'nvme3', 7, forever)).toMatchObject({ nguid: NGUID })
  })
  test.each([0x000b, 0x400b])('says that it has no such namespace: status %s', async (status) => {
    const { host } = answering(() => ({ status, data: new Uint8Array(0) }))
    expect(await askIdentity(host, 'nvme3', 7, forever)).toBe('absent')
    expect(await askSize(host, 'nvme3', 7, forever)).toBeUndefined()
  })
  test('refuses both', async () => {
    const { host } = answering(() => ({ status: 0x4002, data: new Uint8Array(0) }))
    expect(await askIdentity(host, 'nvme3', 7, forever)).toBeUndefined()
  })
  test.each(['EAGAIN', 'EINTR', 'ENODEV', 'ENOENT', 'EIO'])('gives no answer: %s', async (errno) => {
    const { host } = answering(() => errno)
    expect(await askIdentity(host, 'nvme3', 7, forever)).toBeUndefined()
  })
  test('cannot be asked without permission', async () => {
    const { host } = answering(() => 'EACCES')
    await expect(askIdentity(host, 'nvme3', 7, forever)).rejects.toMatchObject({ details: { errno: 'EACCES' } })
  })
})
