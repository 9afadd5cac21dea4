import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { canonicalAddress, parseControllerAddress } from '../../../../lib/linux/nvme/address.js'

const nothing = { traddr: undefined, trsvcid: undefined, hostTraddr: undefined, hostIface: undefined, srcAddr: undefined }

describe("a controller's address", () => {
  test.each([
    ['traddr=192.0.2.1,trsvcid=4420', { traddr: '192.0.2.1', trsvcid: 4420 }],
    ['traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.9', { traddr: '192.0.2.1', trsvcid: 4420, srcAddr: '192.0.2.9' }],
    [
      'traddr=192.0.2.1,trsvcid=4420,host_traddr=192.0.2.9,host_iface=eth1,src_addr=192.0.2.9',
      { traddr: '192.0.2.1', trsvcid: 4420, hostTraddr: '192.0.2.9', hostIface: 'eth1', srcAddr: '192.0.2.9' },
    ],
    ['traddr=2001:0DB8::0001,trsvcid=04420', { traddr: '2001:db8::1', trsvcid: 4420 }],
    ['traddr=fe80::0001%eth0,trsvcid=4420', { traddr: 'fe80::1%eth0', trsvcid: 4420 }],
    [
      'traddr=nn-0x20000025b5000001:pn-0x20000025b5000002,host_traddr=nn-0x1:pn-0x2',
      { traddr: 'nn-0x20000025b5000001:pn-0x20000025b5000002', hostTraddr: 'nn-0x1:pn-0x2' },
    ],
    ['trsvcid=4420', { trsvcid: 4420 }],
    ['traddr=192.0.2.1,trsvcid=none', { traddr: '192.0.2.1' }],
    ['traddr=192.0.2.1,trsvcid=0', { traddr: '192.0.2.1' }],
    ['traddr=192.0.2.1,trsvcid=65536', { traddr: '192.0.2.1' }],
    ['traddr=192.0.2.1,vendor_key=1=2,trsvcid=4420', { traddr: '192.0.2.1', trsvcid: 4420 }],
    ['traddr=', {}],
    ['0000:00:03.0', {}],
    ['', {}],
  ])('%s', (text, parts) => {
    expect(parseControllerAddress(text)).toEqual({ ...nothing, ...parts })
  })
  test('is compared part by part: a port is never a part of an address', () => {
    const parts = ['traddr=192.0.2.1', 'trsvcid=4420'].map((part) => parseControllerAddress(part))
    expect(parts).toEqual([
      { ...nothing, traddr: '192.0.2.1' },
      { ...nothing, trsvcid: 4420 },
    ])
  })
  test('of IPv6 is the same in every spelling', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, fc.boolean(), (numbers, upper) => {
        const long = numbers.map((number) => number.toString(16).padStart(4, '0')).join(':')
        const short = numbers.map((number) => number.toString(16)).join(':')
        const spelled = upper ? long.toUpperCase() : long
        expect(parseControllerAddress(`traddr=${spelled}`).traddr).toBe(parseControllerAddress(`traddr=${short}`).traddr)
        expect(canonicalAddress(canonicalAddress(spelled))).toBe(canonicalAddress(short))
      }),
    )
  })
  test('of any text has parts or none', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        expect(Object.keys(parseControllerAddress(text))).toEqual(Object.keys(nothing))
      }),
    )
  })
})
