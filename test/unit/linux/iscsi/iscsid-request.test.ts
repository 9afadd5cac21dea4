import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtInIface } from '../../../../lib/linux/iscsi/iface.js'
import { layoutOf, REQUEST_SIZES } from '../../../../lib/linux/iscsi/iscsid/layout.js'
import { ANSWER_BYTES, decodeAnswer, encodeLogin, encodeLogout, encodeQuestion } from '../../../../lib/linux/iscsi/iscsid/request.js'
import { formatRecord, type RecordSettings } from '../../../../lib/linux/iscsi/record.js'
import { parseRecord } from '../../../../lib/linux/iscsi/settings-file.js'

/**
 * The requests that these versions of iscsiadm sent for Brickwork's records (`npm run test:lab -- iscsid-requests`), as runs of nonzero
 * bytes, without its pointers.
 */
type Captured = Record<string, Record<string, { bytes: number; runs: [number, string][] }>>
const captured = JSON.parse(readFileSync(`${import.meta.dirname}/iscsid-requests.json`, 'utf8')) as Captured

const plain: RecordSettings = {
  target: 'iqn.2024-01.org.example:t1',
  portal: { address: '10.99.1.1', port: 3260 },
  iface: builtInIface('default'),
  owner: 'default',
  loginTimeoutSec: 15,
  session: { replacementTimeoutSec: 120 },
}
const records: Readonly<Record<string, RecordSettings>> = {
  plain,
  ipv6: { ...plain, portal: { address: 'fd00:99::1', port: 3260 } },
  chap: {
    ...plain,
    portal: { address: '10.99.2.1', port: 3260 },
    auth: { username: 'alice', secret: 'secret-of-alice', target: { username: 'bob', secret: 'secret-of-bob-x' } },
  },
}
const cases = Object.entries(captured).flatMap(([version, requests]) =>
  Object.entries(requests).map(([name, request]) => ({ version, name, request })),
)
const layout = (version: string) => {
  const known = layoutOf(version)
  if (known === undefined) throw new Error(`no layout of ${version}`)
  return known
}
const encode = (version: string, settings: RecordSettings) => encodeLogin(layout(version), parseRecord(formatRecord(settings)))

describe('a login', () => {
  test.each(cases)('$version $name: byte by byte what iscsiadm sends', ({ version, name, request }) => {
    const expected = new Uint8Array(request.bytes)
    for (const [at, hex] of request.runs) expected.set(Buffer.from(hex, 'hex'), at)
    // 2.1.8 stores a value for `static` that is higher by one. A login does not use it.
    const discoveryType = 15_064 + layout(version).shift
    expect(expected[discoveryType]).toBe(version === '2.1.8' ? 4 : 3)
    expected[discoveryType] = 3
    expect(encode(version, records[name] ?? plain)).toEqual(expected)
  })
  test('a bound iface, and an initiator name of its own', () => {
    const settings = [
      ...plain.iface.settings,
      ['iface.net_ifacename', 'ens3'],
      ['iface.initiatorname', 'iqn.2024-01.org.example:me'],
    ] as const
    const request = encode('2.1.11', { ...plain, iface: { ...plain.iface, settings } })
    const text = (at: number, length: number) => new TextDecoder().decode(request?.subarray(at, at + length))
    expect(text(3440, 5)).toBe('ens3\0')
    expect(text(14_814, 26)).toBe('iqn.2024-01.org.example:me')
  })
  test.each([
    ['a setting that has no place here', 'node.session.iscsi.InitialR2T = Yes'],
    ['a word that it does not know', 'node.startup = sometimes'],
    ['a number that is none', 'node.conn[0].port = 3260x'],
    ['a text that is too long', `iface.net_ifacename = ${'e'.repeat(16)}`],
    ['a text with a NUL', 'iface.ipaddress = 10.0.0.1\0'],
  ])('%s is left to iscsiadm', (_, line) => {
    expect(encodeLogin(layout('2.1.8'), parseRecord(line))).toBeUndefined()
  })
  test('whatever a record says, the request has its size, or there is none', () => {
    const keys = fc.constantFrom(...parseRecord(formatRecord(records['chap'] ?? plain)).keys())
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, fc.string({ maxLength: 300 }))), (lines) => {
        const request = encodeLogin(layout('2.1.8'), new Map(lines))
        expect(request === undefined || request.length === 16_104).toBe(true)
      }),
    )
  })
})

test('a logout names the session', () => {
  const request = encodeLogout(layout('2.1.11'), 77)
  expect(request).toHaveLength(16_112)
  expect([...request.subarray(0, 12)]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0])
  expect(request.subarray(12).every((byte) => byte === 0)).toBe(true)
})

test.each([
  ['2.1.0', undefined],
  ['2.1.1', 16_104],
  ['2.1.8', 16_104],
  ['2.1.11', 16_112],
  ['2.1.12', undefined],
  ['2.0.874', undefined],
  ['3.0.0', undefined],
  ['2.1.8-1ubuntu1', undefined],
  [undefined, undefined],
] as const)('version %s has requests of %s bytes', (version, bytes) => {
  expect(layoutOf(version)?.requestBytes).toBe(bytes)
})
test('sizes are tried from the smallest on', () => {
  expect([...REQUEST_SIZES].sort((a, b) => a - b)).toEqual(REQUEST_SIZES)
})

describe('an answer', () => {
  const request = encodeQuestion(16_104)
  const answer = (command: number, verdict: number, bytes = ANSWER_BYTES) => {
    const made = new Uint8Array(bytes)
    const view = new DataView(made.buffer)
    view.setInt32(0, command, true)
    view.setInt32(4, verdict, true)
    return made
  }
  test.each([
    ['success', answer(8, 0), 0],
    ['a failure', answer(8, 24), 24],
    ['to another command', answer(1, 0), undefined],
    ['that is too short', answer(8, 0, 2460), undefined],
    ['that is too long', answer(8, 0, 2468), undefined],
    ['that is none', new Uint8Array(), undefined],
  ])('%s', (_, bytes, verdict) => {
    expect(decodeAnswer(bytes, request)).toBe(verdict)
  })
})
