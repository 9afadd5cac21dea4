import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { Secret } from '../../../../lib/core/secret.js'
import type { NvmeConnection } from '../../../../lib/api/nvme-connection.js'
import { nvmeForm, portalOf } from '../../../../lib/connectors/nvme/connection.js'
import { canonical, checked, checks, connection, NQN, portal, refused, SECRET, unsupported, UUID } from './requests.js'

const withPortal = (more: object) => ({ ...connection, portals: [{ ...portal, ...more }] })
const withVolume = (namespace: object) => ({ ...connection, namespace })

describe('an NVMe connection', () => {
  test('is accepted as it is, and recorded in one spelling', () => {
    expect(checked(connection)).toEqual(connection)
    expect(canonical({ ...connection, portals: [{ transport: 'tcp', address: '2001:0DB8::0001' }], access: 'ro' })).toEqual({
      protocol: 'nvme',
      nqn: NQN,
      portals: [{ transport: 'tcp', address: '2001:db8::1', port: 4420 }],
      namespace: { uuid: UUID },
    })
  })
  test('records a name in lower case, and local addresses in their shortest form', () => {
    const given = withPortal({ address: 'Storage.Example', hostAddress: 'FD99::0001', hostInterface: 'eth1' })
    expect(canonical(given)).toMatchObject({
      portals: [{ transport: 'tcp', address: 'storage.example', port: 4420, hostAddress: 'fd99::1', hostInterface: 'eth1' }],
    })
  })
  test.each([
    ['with a UUID', {}],
    ['with an NGUID', { namespace: { nguid: 'A0A1A2A3-A4A5-A6A7-A8A9-AAABACADAEAF' } }],
    ['with everything', { namespace: { uuid: UUID, nguid: `a${'0'.repeat(31)}`, eui64: '0x002538b101020304', nsid: '7' } }],
    ['with a host', { host: { nqn: 'nqn.2014-08.org.nvmexpress:uuid:x', id: UUID.toUpperCase() } }],
    ['with portals as text', { portals: ['tcp://192.0.2.1', 'tcp://[2001:db8::2]:4421', 'nvmf+tcp://storage.example:4420'] }],
    ['with access', { access: 'ro' }],
  ])('%s names what was given, also after a second time', (_, more) => {
    const recorded = canonical({ ...connection, ...more })
    const named = checks.reference(JSON.parse(JSON.stringify(recorded)))
    expect(JSON.stringify(canonical(named))).toBe(JSON.stringify(recorded))
    expect(canonical(checks.reference({ ...connection, ...more }))).toEqual(recorded)
  })
  test('is named in words by its portals', () => {
    const given = { ...connection, portals: [portal, { ...portal, address: '2001:db8::1', hostInterface: 'eth1' }] }
    expect(nvmeForm.describe(nvmeForm.canonical(checked(given)))).toEqual([
      `${NQN} at 192.0.2.1:4420`,
      `${NQN} at [2001:db8::1]:4420 from eth1`,
    ])
  })
})

describe('what a connection must have', () => {
  test.each([
    ['nqn', { ...connection, nqn: undefined }],
    ['portals', { ...connection, portals: [] }],
    ['namespace', withVolume({})],
    ['namespace', withVolume({ uuid: undefined })],
    ['nqn', { ...connection, nqn: 'iqn.2003-01.org.example:one' }],
    ['nqn', { ...connection, nqn: 'nqn.2014-08.org.nvmexpress.discovery' }],
    ['namespace.uuid', withVolume({ uuid: '00000000-0000-0000-0000-000000000000' })],
    ['namespace.uuid', withVolume({ uuid: UUID.slice(1) })],
    ['namespace.nguid', withVolume({ nguid: '0'.repeat(32) })],
    ['namespace.nguid', withVolume({ nguid: 'a'.repeat(31) })],
    ['namespace.eui64', withVolume({ eui64: '0'.repeat(16) })],
    ['namespace.eui64', withVolume({ eui64: 'a'.repeat(32) })],
    ['namespace.nsid', withVolume({ nsid: 0 })],
    ['namespace.nsid', withVolume({ nsid: 2 ** 32 - 1 })],
    ['namespace.nsid', withVolume({ nsid: 1.5 })],
    ['namespace.nsid', withVolume({ nsid: '01' })],
    ['namespace.nsid', withVolume({ nsid: '1 ' })],
    ['host.nqn', { ...connection, host: { nqn: 'a' } }],
    ['host.id', { ...connection, host: { nqn: NQN, id: '0'.repeat(32) } }],
    ['portals[0].port', withPortal({ port: 0 })],
    ['portals[0].port', withPortal({ port: 65_536 })],
    ['portals[0].transport', withPortal({ transport: 'loop' })],
    ['portals[0].hostAddress', withPortal({ hostAddress: 'here' })],
    ['portals[0].hostInterface', withPortal({ transport: 'rdma', hostInterface: 'eth1' })],
    ['portals[0].address', withPortal({ address: 'fe80::1' })],
    ['portals[0].address', withPortal({ address: '192.0.2.1%eth0' })],
    ['portals[0].address', withPortal({ address: '[2001:db8::1]' })],
    ['portals[0].address', withPortal({ address: '192.0.2.1:4420' })],
    ['portals[0].address', withPortal({ address: '2001:db8::1:' })],
    ['portals[0].port', withPortal({ transport: 'fc', address: `nn-0x${'1'.repeat(16)}:pn-0x${'2'.repeat(16)}`, hostAddress: '*' })],
    ['discover', { ...connection, discover: {} }],
  ])('%s', (field, given) => {
    const found = refused(() => checked(given))
    expect(found).toBe(`connection.${field}`)
  })
  test.each([
    ['2001:db8::1', '2001:0DB8:0:0::1'],
    ['storage.example', 'Storage.EXAMPLE'],
  ])('each portal once, in any spelling: %s', (one, other) => {
    const portals = [portal, { ...portal, address: one }, { transport: 'tcp', address: other }]
    expect(refused(() => checked({ ...connection, portals }))).toBe('connection.portals[2]')
  })
  test('the same portal as an object and as text is one portal', () => {
    expect(refused(() => checked({ ...connection, portals: [portal, 'tcp://192.0.2.1:4420'] }))).toBe('connection.portals[1]')
  })
  test('the same portal over two interfaces is two', () => {
    const portals = ['eth0', 'eth1'].map((hostInterface) => ({ ...portal, hostInterface }))
    expect(checked({ ...connection, portals }).portals).toHaveLength(2)
  })
  test('a link-local portal has its zone', () => {
    expect(canonical(withPortal({ address: 'FE80::0001%eth0' }))).toMatchObject({ portals: [{ address: 'fe80::1%eth0' }] })
  })
  test('an NQN has at most 222 bytes', () => {
    const longest = `nqn.${'é'.repeat(109)}`
    expect(checked({ ...connection, nqn: longest }).nqn).toBe(longest)
    expect(refused(() => checked({ ...connection, nqn: `${longest}x` }))).toBe('connection.nqn')
  })
})

describe('no text of a connection can be a further option of the kernel', () => {
  const places: readonly (readonly [string, (text: string) => unknown])[] = [
    ['nqn', (text) => ({ ...connection, nqn: `${NQN}${text}` })],
    ['host.nqn', (text) => ({ ...connection, host: { nqn: `${NQN}${text}`, id: UUID } })],
    ['host.id', (text) => ({ ...connection, host: { nqn: NQN, id: `${UUID}${text}` } })],
    ['portals[0].address', (text) => withPortal({ address: `storage.example${text}` })],
    ['portals[0].address', (text) => withPortal({ address: `fe80::1%eth0${text}` })],
    ['portals[0].hostAddress', (text) => withPortal({ hostAddress: `192.0.2.9${text}` })],
    ['portals[0].hostInterface', (text) => withPortal({ hostInterface: `eth${text}` })],
    ['portals[0]', (text) => ({ ...connection, portals: [`tcp://192.0.2.1:4420?host-iface=eth${text}`] })],
    ['portals[0]', (text) => ({ ...connection, portals: [`tcp://storage.example${text}:4420`] })],
    ['auth.secret', (text) => ({ ...connection, auth: { secret: `${SECRET}${text}` } })],
    ['auth.target', (text) => ({ ...connection, auth: { secret: SECRET, target: new Secret(`${SECRET}${text}`) } })],
  ]
  const separators = [',', '\n', '\r', '\t', ' ', '\u0000', '\u001f', '\u007f', '\u0085', '\u2028', ',hostnqn=nqn.x', '\nduplicate_connect']
  test.each(places)('%s', (field, given) => {
    for (const text of separators)
      expect(
        refused(() => checked(given(text))),
        JSON.stringify(text),
      ).toBe(`connection.${field}`)
  })
  test('whatever is accepted has none of these characters', () => {
    const text = fc.string({
      unit: fc.constantFrom('n', 'q', '.', ':', '-', '0', 'f', '%', ',', '\n', ' ', '\u0007', 'é', '\ud800'),
      maxLength: 12,
    })
    const texts = fc.record({ nqn: text, address: text, hostAddress: text, hostInterface: text, host: text })
    fc.assert(
      fc.property(texts, ({ nqn, address, hostAddress, hostInterface, host }) => {
        const portals = [{ transport: 'tcp', address, hostAddress, hostInterface }]
        const parts = [
          { ...connection, nqn: `nqn.${nqn}` },
          { ...connection, portals },
          withPortal({ address }),
          withPortal({ hostInterface }),
          { ...connection, host: { nqn: `nqn.${host}`, id: UUID } },
        ]
        for (const part of parts) {
          let accepted: unknown
          try {
            accepted = canonical(part)
          } catch {
            continue
          }
          const { nqn: name, portals: ways, host: pair } = accepted as NvmeConnection
          const values = [name, pair?.nqn ?? '', ...ways.flatMap((way) => Object.values(portalOf(way)).map(String))]
          expect(values.filter((value) => /[,\s\p{Cc}\p{Cs}]/u.test(value))).toEqual([])
        }
      }),
    )
  })
})

describe('identifiers are the same in every spelling', () => {
  const hex = (length: number) =>
    fc
      .string({
        unit: fc.constantFrom(...Array.from({ length: 16 }, (_, digit) => digit.toString(16))),
        minLength: length,
        maxLength: length,
      })
      .filter((digits) => !/^0+$/.test(digits))
  test('UUID', () => {
    fc.assert(
      fc.property(hex(32), fc.boolean(), (digits, upper) => {
        const usual = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
        const spellings = [digits, usual, `urn:uuid:${usual}`, `{${usual}}`].map((each) => (upper ? each.toUpperCase() : each))
        for (const uuid of spellings) expect(canonical(withVolume({ uuid }))).toMatchObject({ namespace: { uuid: usual } })
      }),
    )
  })
  test('NGUID and EUI-64', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom('', ':', '-'), (nguid, eui64, separator) => {
        const spelled = (digits: string) => digits.replaceAll(/(..)(?=.)/g, `$1${separator}`).toUpperCase()
        const namespace = { nguid, eui64 }
        expect(canonical(withVolume({ nguid: spelled(nguid), eui64: spelled(eui64) }))).toMatchObject({ namespace })
        expect(canonical(withVolume({ nguid: `eui.${nguid}`, eui64: `0x${eui64}` }))).toMatchObject({ namespace })
      }),
    )
  })
  test('EUI-64 as sysfs prints it', () => {
    expect(canonical(withVolume({ eui64: '00 25 38 B1 01 02 03 04' }))).toMatchObject({ namespace: { eui64: '002538b101020304' } })
  })
  test('number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xff_ff_ff_fe }), (nsid) => {
        expect(canonical(withVolume({ nsid: String(nsid) }))).toEqual(canonical(withVolume({ nsid })))
      }),
    )
  })
})

describe('what later versions will support is refused by its name', () => {
  const fcPortal = { transport: 'fc', address: `nn-0x${'1'.repeat(16)},pn-0x${'2'.repeat(16)}`, hostAddress: '*' }
  test.each([
    ['portals[1].transport', { portals: [portal, { ...portal, transport: 'rdma' }] }],
    ['portals[0].transport', { portals: ['rdma://192.0.2.1:4420'] }],
    ['portals[0].transport', { portals: [fcPortal] }],
    ['discovery', { portals: [], discovery: { portals: ['tcp://192.0.2.1:8009'] } }],
    ['auth', { auth: { secret: SECRET } }],
    ['auth', { auth: { secret: new Secret(SECRET), target: SECRET } }],
    ['tls', { tls: true }],
    ['tls', { tls: { keyring: 5, key: 6 } }],
  ])('%s', (field, more) => {
    expect(unsupported(() => checked({ ...connection, ...more }))).toBe(`connection.${field}`)
    expect(unsupported(() => checks.request({ id: 'a', connection: { ...connection, ...more } }))).toBe(`request.connection.${field}`)
  })
  test('without TLS means without TLS', () => {
    expect(canonical({ ...connection, tls: false })).toEqual(canonical(connection))
  })
})
