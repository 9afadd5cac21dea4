import { describe, expect, test } from 'vitest'

import { fibreChannelForm } from '../../../../lib/connectors/fibre-channel/connection.js'
import { A, B, canonical, checked, LEFT, refused, RIGHT } from './requests.js'

const one = { protocol: 'fibre-channel', targets: [{ wwpn: A, lun: 3 }] } as const
const targets = (...named: readonly object[]) => ({ ...one, targets: named })

describe('a Fibre Channel connection', () => {
  test('is accepted as it is, and recorded in one spelling', () => {
    expect(checked(one)).toEqual(one)
    expect(canonical({ ...one, access: 'ro' })).toEqual({ protocol: 'fibre-channel', targets: [{ wwpn: A, lun: '3' }] })
  })
  test.each(['500A098290000001', '0x500a098290000001', '50:0a:09:82:90:00:00:01', '50-0A-09-82-90-00-00-01', 'naa.500a098290000001'])(
    'spells the name %s in one way',
    (wwpn) => {
      expect(canonical(targets({ wwpn, lun: '3' }))).toEqual(canonical(one))
      expect(canonical({ ...one, initiators: { [wwpn]: [wwpn] } })).toMatchObject({ initiators: { [A]: [A] } })
    },
  )
  test('counts a repeated target once, and two LUNs of one port as two paths', () => {
    const twice = targets({ wwpn: A, lun: 3 }, { wwpn: A.toUpperCase(), lun: '3' }, { wwpn: A, lun: 4 }, { wwpn: B, lun: 3 })
    expect(canonical(twice)).toMatchObject({
      targets: [
        { wwpn: A, lun: '3' },
        { wwpn: A, lun: '4' },
        { wwpn: B, lun: '3' },
      ],
    })
  })
  test('records ports of this host and their targets in order, each once', () => {
    const initiators = { [RIGHT]: [A], [LEFT.toUpperCase()]: [B, A], [`0x${LEFT}`]: [B] }
    expect(JSON.stringify(canonical({ ...one, initiators }))).toContain(`{"${LEFT}":["${A}","${B}"],"${RIGHT}":["${A}"]}`)
  })
  test('takes an empty map for none', () => {
    expect(canonical({ ...one, initiators: {} })).toEqual(canonical(one))
  })
  test('names what was given, also after a second time', () => {
    const recorded = canonical({ ...one, initiators: { [LEFT]: [A] }, addressing: 'SAM2' })
    expect(canonical(JSON.parse(JSON.stringify(recorded)))).toEqual(recorded)
  })
  test('is named in words by its target ports', () => {
    expect(fibreChannelForm.describe(fibreChannelForm.canonical(checked(one)))).toEqual([`${A} LUN 3`])
    const mapped = checked({ ...one, initiators: { [RIGHT]: [A], [LEFT]: [A] } })
    expect(fibreChannelForm.describe(fibreChannelForm.canonical(mapped))).toEqual([`${A} LUN 3 from ${LEFT}, ${RIGHT}`])
  })
  test.each([
    ['connection.targets', targets()],
    ['connection.targets[0].lun', targets({ wwpn: A })],
    ['connection.targets[0].lun', targets({ wwpn: A, lun: -1 })],
    ['connection.targets[1].wwpn', targets({ wwpn: A, lun: 1 }, { wwpn: 'open sesame', lun: 1 })],
    ['connection.targets[0].wwpn', targets({ wwpn: A.slice(1), lun: 1 })],
    ['connection.targets[0].wwpn', targets({ wwpn: `${A};reboot`, lun: 1 })],
    ['connection.targets[0].wwpn', targets({ wwpn: '50:0a-09:82:90:00:00:01', lun: 1 })],
    ['connection.targets[0].wwpn', targets({ wwpn: '0'.repeat(16), lun: 1 })],
    ['connection.targets[0].wwpn', targets({ wwpn: 'f'.repeat(16), lun: 1 })],
    [`connection.initiators.${LEFT}[0]`, { ...one, initiators: { [LEFT]: ['open sesame'] } }],
    ['connection.initiators', { ...one, initiators: { [LEFT]: [B] } }],
    ['connection.initiators', { ...one, initiators: { [LEFT]: [] } }],
    ['connection.initiators.host3', { ...one, initiators: { host3: [A] } }],
    ['connection.wwpn', { ...one, wwpn: A }],
  ])('is refused, naming %s', (field, value) => {
    expect(refused(() => checked(value))).toBe(field)
  })
  test.each([
    ['SAM2', 255, true],
    ['SAM2', 16_383, true],
    ['SAM2', 16_384, false],
    ['SAM3-flat', 16_384, false],
    ['SAM', 16_384, true],
    ['SAM3-flat', '0x412c000000000000', true],
  ] as const)('with %s: LUN %s fits: %s', (addressing, lun, fits) => {
    const given = { ...targets({ wwpn: A, lun }), addressing }
    if (fits) expect(canonical(given)).toMatchObject({ addressing, targets: [{ lun: String(lun) }] })
    else expect(refused(() => checked(given))).toBe('connection.targets[0].lun')
  })
})
