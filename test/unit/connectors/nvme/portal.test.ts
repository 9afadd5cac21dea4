import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  canonicalNvmePortal,
  isLiteral,
  parsePortalUri,
  portalKey,
  portalLabel,
  whyNoNvmePortal,
} from '../../../../lib/connectors/nvme/portal.js'

describe('a portal as text', () => {
  test.each([
    ['tcp://192.0.2.1:4420', { transport: 'tcp', address: '192.0.2.1', port: 4420 }],
    ['TCP://192.0.2.1', { transport: 'tcp', address: '192.0.2.1' }],
    ['tcp://192.0.2.1/', { transport: 'tcp', address: '192.0.2.1' }],
    ['tcp://[2001:db8::1]:4421', { transport: 'tcp', address: '2001:db8::1', port: 4421 }],
    ['tcp://[fe80::1%eth0]', { transport: 'tcp', address: 'fe80::1%eth0' }],
    ['nvmf://storage.example:8420', { transport: 'tcp', address: 'storage.example', port: 8420 }],
    ['nvmf+tcp://storage.example', { transport: 'tcp', address: 'storage.example' }],
    ['nvmf+rdma://192.0.2.1', { transport: 'rdma', address: '192.0.2.1' }],
    [
      'tcp://192.0.2.1:4420?host-iface=eth1&host-traddr=192.0.2.9',
      { transport: 'tcp', address: '192.0.2.1', port: 4420, hostInterface: 'eth1', hostAddress: '192.0.2.9' },
    ],
    ['tcp://192.0.2.1?', { transport: 'tcp', address: '192.0.2.1' }],
  ])('%s', (text, portal) => {
    const parsed = parsePortalUri(text)
    expect(parsed).toEqual(portal)
    expect(typeof parsed === 'string' || whyNoNvmePortal(parsed)).toBeUndefined()
  })
  test.each([
    ['tcp://192.0.2.1:4420/nqn.2014-08.org.example:one', /path/],
    ['nvmf://192.0.2.1:8420/nqn.x?hostnqn=nqn.y', /path/],
    ['iscsi://192.0.2.1', /tcp:\/\//],
    ['constructor://192.0.2.1', /tcp:\/\//],
    ['192.0.2.1:4420', /tcp:\/\//],
    ['tcp://2001:db8::1', /brackets/],
    ['tcp://[192.0.2.1]:4420', /brackets/],
    ['tcp://user@192.0.2.1:99999', /port/],
    ['tcp://192.0.2.1:0', /port/],
    ['tcp://192.0.2.1:', /tcp:\/\//],
    ['tcp://', /tcp:\/\//],
    ['tcp://192.0.2.1#x', /tcp:\/\//],
    ['tcp://192.0.2.1?ctrl-loss-tmo=-1', /policy/],
    ['tcp://192.0.2.1?host-iface=eth0&host-iface=eth1', /each once/],
    ['tcp://192.0.2.1?host-iface', /name=value/],
    ['tcp://192.0.2.1?host-iface=a=b', /name=value/],
    [`tcp://${'a'.repeat(600)}`, /too long/],
  ])('%s is none', (text, why) => {
    expect(parsePortalUri(text)).toMatch(why)
  })
  test('of any text never fails, and never repeats the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.constantFrom('', 'tcp://', 'tcp://[', 'nvmf+tcp://'), (text, before) => {
        const parsed = parsePortalUri(before + text)
        if (typeof parsed === 'string' && text.length > 20) expect(parsed).not.toContain(text)
      }),
    )
  })
})

test('one spelling for each portal', () => {
  const addresses = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
  fc.assert(
    fc.property(addresses, fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }), (address, port) => {
      const portal = { transport: 'tcp', address, ...(port === undefined ? {} : { port }) } as const
      const once = canonicalNvmePortal(portal)
      expect(canonicalNvmePortal(once)).toEqual(once)
      expect(portalKey(once)).toBe(portalKey(portal))
      expect(portalKey({ ...portal, address: address.toUpperCase() })).toBe(portalKey(portal))
      expect(portalLabel(once)).toBe(portalLabel(portal))
    }),
  )
})
test('a label tells a transport other than TCP', () => {
  expect(portalLabel({ transport: 'rdma', address: '192.0.2.1' })).toBe('rdma 192.0.2.1:4420')
  const [address, hostAddress] = [`nn-0x${'A'.repeat(16)},pn-0x${'b'.repeat(16)}`, '*']
  expect(portalLabel({ transport: 'fc', address, hostAddress })).toBe(`fc nn-0x${'a'.repeat(16)}:pn-0x${'b'.repeat(16)} from *`)
})
test.each([
  ['192.0.2.1', true],
  ['2001:db8::1', true],
  ['fe80::1%eth0', true],
  ['2001:db8::1%eth0', false],
  ['fe80::1%', false],
  ['fe80::1%a,b', false],
  ['256.0.0.1', false],
  ['storage.example', false],
  ['', false],
])('%s is an address: %s', (text, is) => {
  expect(isLiteral(text)).toBe(is)
})
