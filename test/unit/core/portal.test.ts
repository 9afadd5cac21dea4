import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  formatPortal,
  normalAddress,
  parseNamedPortal,
  parsePortal,
  canonicalPortal,
  portalOf,
  whyNoPortal,
} from '../../../lib/core/portal.js'

describe('a portal by name', () => {
  test.each([
    ['storage.example:3260', 'storage.example', 3260],
    ['Storage-1.EXAMPLE:860', 'storage-1.example', 860],
    ['localhost:3260', 'localhost', 3260],
    ['storage.example.:3260', 'storage.example.', 3260],
    ['7.array:1', '7.array', 1],
    [`${'x'.repeat(63)}.y:3260`, `${'x'.repeat(63)}.y`, 3260],
  ])('%s', (text, name, port) => {
    expect(parseNamedPortal(text)).toEqual({ name, port })
    expect(canonicalPortal(text)).toBe(`${name}:${port}`)
    expect(parsePortal(text)).toBeUndefined()
  })

  test.each([
    '192.0.2.1:3260',
    '192.0.2.256:3260',
    '10.99.1:3260',
    'storage.1:3260',
    '1:3260',
    'storage.example',
    'storage.example:0',
    'storage.example:65536',
    '-storage.example:3260',
    'storage-.example:3260',
    'storage..example:3260',
    'stor age:3260',
    'storage/example:3260',
    'storage.example:3260\n',
    '--help:3260',
    `${'x'.repeat(64)}:3260`,
    `${'x.'.repeat(127)}xx:3260`,
  ])('%j is none', (text) => {
    expect(parseNamedPortal(text)).toBeUndefined()
  })
})

test.each([
  ['[fe80::1%eth0]:3260', 'has a zone'],
  ['fe80::1%eth0:3260', 'has a zone'],
  ['2001:db8::1:3260', 'must have its IPv6 address in brackets'],
  ['2001:db8::1', 'must have its IPv6 address in brackets'],
  ['192.0.2.1', 'must be ADDRESS:PORT or NAME:PORT'],
  ['storage', 'must be ADDRESS:PORT or NAME:PORT'],
])('what is wrong with %s is said', (text, why) => {
  expect(canonicalPortal(text)).toBeUndefined()
  expect(whyNoPortal(text)).toContain(why)
})

describe('a portal', () => {
  test.each([
    ['192.0.2.1:3260', '192.0.2.1', 3260],
    ['0.0.0.0:1', '0.0.0.0', 1],
    ['255.255.255.255:65535', '255.255.255.255', 65535],
    ['[2001:db8::1]:3260', '2001:db8::1', 3260],
    ['[2001:DB8:0:0:0:0:0:1]:3260', '2001:db8::1', 3260],
    ['[2001:0db8::0001]:3260', '2001:db8::1', 3260],
    ['[::1]:860', '::1', 860],
    ['[::]:860', '::', 860],
    ['[1:0:0:2:0:0:0:3]:860', '1:0:0:2::3', 860],
    ['[::ffff:192.0.2.1]:3260', '::ffff:c000:201', 3260],
    ['2001:DB8:0:0:0:0:0:1:3260', '2001:db8::1', 3260],
    ['2001:db8::1:32600', '2001:db8::1', 32600],
  ])('%s is address %s, port %d', (text, address, port) => {
    expect(parsePortal(text)).toEqual({ address, port })
    expect(portalOf(text)).toEqual({ address, port })
  })

  test.each([
    '',
    '192.0.2.1',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.1:003260',
    '192.0.2.1:-1',
    '192.0.2.1:3260,1',
    '192.0.2.1:3260 ',
    ' 192.0.2.1:3260',
    '192.0.2.1:3260\n',
    '192.0.2.1:0x1f',
    '192.0.2:3260',
    '192.0.2.256:3260',
    '192.0.2.01:3260',
    '192.0.2.1.1:3260',
    '1..2.3:3260',
    '[192.0.2.1]:3260',
    '2001:db8::1:3260',
    '2001:db8::1',
    '[2001:db8::1]',
    '[2001:db8::1]3260',
    '[2001:db8::1:3260',
    '[2001:db8:::1]:3260',
    '[1:2:3:4:5:6:7:8:9]:3260',
    '[1:2:3]:3260',
    '[12345::1]:3260',
    '[fe80::1%eth0]:3260',
    '[]:3260',
    'storage.example:3260',
    'localhost:3260',
    ':3260',
  ])('%j is none', (text) => {
    expect(parsePortal(text)).toBeUndefined()
    expect(() => portalOf(text)).toThrow(expect.objectContaining({ code: 'ERR_PARSE' }))
  })

  test('comes back from text as it was', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65535 }), (address, port) => {
        const portal = portalOf(formatPortal({ address, port }))
        expect(portal.port).toBe(port)
        expect(portalOf(formatPortal(portal))).toEqual(portal)
      }),
    )
  })

  test('has one address however it is spelt, also as the C library spells it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const byTheLibrary = new SocketAddress({ address, family: 'ipv6' }).address
        expect(parsePortal(`[${address.toUpperCase()}]:1`)).toEqual(parsePortal(`[${byTheLibrary}]:1`))
        expect(normalAddress(byTheLibrary)).toBe(parsePortal(`[${address}]:1`)?.address)
      }),
    )
  })

  test('is never made of text that is none, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]0-9a-f:.]{0,30}$/)), (text) => {
        const portal = parsePortal(text)
        if (portal !== undefined) expect(parsePortal(formatPortal(portal))).toEqual(portal)
      }),
    )
  })
})

describe('an address of sysfs or of a record', () => {
  test.each([
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s compares as %s', (text, address) => {
    expect(normalAddress(text)).toBe(address)
  })
  test.each(['storage.example', '(null)', '', 'fe80::1%eth0', '192.0.2.256'])('%j, which is none, stays as it is', (text) => {
    expect(normalAddress(text)).toBe(text)
  })
})
