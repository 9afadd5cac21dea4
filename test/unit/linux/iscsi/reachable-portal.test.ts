import { describe, expect, test } from 'vitest'
import { normalAddress } from '../../../../lib/core/portal.js'
import { isThisHost, whyNotReachable } from '../../../../lib/linux/iscsi/reachable-portal.js'
import { parseFibTrie } from '../../../../lib/linux/own-addresses.js'

const nobody = new Set<string>()

describe('an address that a discovery shows', () => {
  test.each([
    ['0.0.0.0', 'wildcard'],
    ['::', 'wildcard'],
    ['::ffff:0.0.0.0', 'wildcard'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.9', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['FE80:0:0:0:0:0:0:1', 'link-local'],
    ['febf::1', 'link-local'],
    ['169.254.1.1', 'link-local'],
  ] as const)('%s is no way from another host: %s', (address, why) => {
    expect(whyNotReachable(normalAddress(address), nobody)).toBe(why)
  })
  test.each([
    '10.99.1.1',
    '192.0.2.1',
    '169.253.1.1',
    '2001:db8::1',
    'fd99::1',
    'fec0::1',
    'fe7f::1',
    '::2',
    '::ffff:10.0.0.1',
    '1.127.0.0',
  ])('%s is one', (address) => {
    expect(whyNotReachable(normalAddress(address), nobody)).toBeUndefined()
  })
  test('169.254/16 is one where the host has such an address', () => {
    expect(whyNotReachable('169.254.1.1', new Set(['169.254.7.7']))).toBeUndefined()
  })
  test('is of this host when the host has it, or by loopback', () => {
    expect(isThisHost('10.99.1.2', new Set(['10.99.1.2']))).toBe(true)
    expect(isThisHost('127.0.0.1', nobody)).toBe(true)
    expect(isThisHost('10.99.1.3', new Set(['10.99.1.2']))).toBe(false)
  })
})

test("the host's own addresses are the local routes of the kernel", () => {
  const table = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.99.1.0/24 2 0 2
        |-- 10.99.1.0
           /24 link UNICAST
           /32 link BROADCAST
        |-- 10.99.1.2
           /32 host LOCAL
        |-- 10.99.1.255
           /32 link BROADCAST
     |-- 169.254.0.9
        /16 link UNICAST
        /32 host LOCAL
`
  expect([...parseFibTrie(table)]).toEqual(['10.99.1.2', '169.254.0.9'])
  expect([...parseFibTrie('')]).toEqual([])
})
