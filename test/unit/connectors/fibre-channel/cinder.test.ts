import { describe, expect, test } from 'vitest'

import { A, B, fromCinder, LEFT, refused, RIGHT } from './requests.js'

/** Cinder's own keys, which an initiator ignores. */
const more = { target_discovered: true, enable_wildcard_scan: true, access_mode: 'rw', encrypted: false, qos_specs: null, volume_id: 'x' }
const at = (wwpn: string, lun: number | string) => ({ wwpn, lun: String(lun) })
const colons = A.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')

describe("Cinder's connection_info of a Fibre Channel volume", () => {
  test.each([
    ['a string', { target_wwn: A, target_lun: 3 }, [at(A, 3)]],
    ['a list', { target_wwn: [A, B], target_lun: '3' }, [at(A, 3), at(B, 3)]],
    ['a list of one, and a list of one LUN', { target_wwn: [A], target_lun: [3] }, [at(A, 3)]],
    ['the plural', { target_wwns: [A, B], target_luns: [3, 4] }, [at(A, 3), at(B, 4)]],
    ['the plural before the singular', { target_wwn: B, target_wwns: [A], target_lun: 9, target_luns: [3] }, [at(A, 3)]],
    ['the plural of the ports alone', { target_wwn: B, target_wwns: [A, B], target_lun: 3 }, [at(A, 3), at(B, 3)]],
    ['the plural of the LUNs alone', { target_wwn: [A, B], target_lun: 9, target_luns: [3, 4] }, [at(A, 3), at(B, 4)]],
    ['one LUN for all ports', { target_wwns: [A, B], target_luns: [3] }, [at(A, 3), at(B, 3)]],
    ['two LUNs of one port', { target_wwns: [A, A], target_luns: [3, 4] }, [at(A, 3), at(A, 4)]],
    ['no plural', { target_wwn: A, target_wwns: null, target_lun: 3, target_luns: [] }, [at(A, 3)]],
    ['upper case and colons', { target_wwn: colons, target_lun: 3 }, [at(A, 3)]],
    ['LUN 0', { target_wwn: A, target_lun: 0 }, [at(A, 0)]],
  ])('with %s', (_, data, targets) => {
    const expected = { protocol: 'fibre-channel', targets }
    expect(fromCinder({ ...data, ...more })).toEqual(expected)
    expect(fromCinder(data, 'FIBRE_CHANNEL')).toEqual(expected)
  })
  test.each([
    ['a list for each port', { [LEFT]: [A, B], [RIGHT]: [B] }, { [LEFT]: [A, B], [RIGHT]: [B] }],
    ['a text for a port', { [LEFT]: A }, { [LEFT]: [A] }],
    ['upper case and colons', { [LEFT.toUpperCase()]: [colons] }, { [LEFT]: [A] }],
    ['one port in two spellings', { [LEFT.toUpperCase()]: [B], [LEFT]: [A] }, { [LEFT]: [A, B] }],
    ['a target port that is not listed', { [LEFT]: [A, RIGHT] }, { [LEFT]: [RIGHT, A] }],
  ])('with a map that has %s', (_, map, initiators) => {
    expect(fromCinder({ target_wwn: [A, B], target_lun: 3, initiator_target_map: map })).toMatchObject({ initiators })
  })
  test.each([
    ['null', null],
    ['empty', {}],
  ])('with a map that is %s', (_, map) => {
    const given = { target_wwn: A, target_lun: 3 }
    expect(fromCinder({ ...given, initiator_target_map: map })).toEqual(fromCinder(given))
  })
  test('with an addressing mode, and read-only', () => {
    expect(fromCinder({ target_wwn: A, target_lun: 300, addressing_mode: 'SAM2', access_mode: 'ro' })).toMatchObject({ addressing: 'SAM2' })
  })
  test('is not changed', () => {
    const data = Object.freeze({ target_wwn: Object.freeze([colons]), target_lun: 3, initiator_target_map: Object.freeze({ [LEFT]: [A] }) })
    fromCinder(data)
    expect(data).toEqual({ target_wwn: [colons], target_lun: 3, initiator_target_map: { [LEFT]: [A] } })
  })
  test.each([
    ['target_wwn', { target_lun: 3 }],
    ['target_lun', { target_wwn: A }],
    ['target_luns', { target_wwns: [A], target_luns: [3, 4] }],
    ['target_luns', { target_wwns: [A, B, RIGHT], target_luns: [3, 4] }],
    ['target_lun', { target_wwn: A, target_lun: [3, 4] }],
    ['target_luns[1]', { target_wwns: [A, B], target_luns: [3, -4] }],
    ['target_lun', { target_wwn: A, target_lun: 'three' }],
    ['target_wwns[1]', { target_wwns: [A, 'open sesame'], target_lun: 3 }],
    ['target_wwn', { target_wwn: `$(reboot)${A}`, target_lun: 3 }],
    ['initiator_target_map', { target_wwn: A, target_lun: 3, initiator_target_map: { host3: [A] } }],
    ['initiator_target_map', { target_wwn: A, target_lun: 3, initiator_target_map: { [LEFT]: ['open sesame'] } }],
    ['addressing_mode', { target_wwn: A, target_lun: 3, addressing_mode: 'SAM9' }],
    ['connection.initiators', { target_wwn: A, target_lun: 3, initiator_target_map: { [LEFT]: [B] } }],
  ])('is refused, naming %s', (field, data) => {
    expect(refused(() => fromCinder(data))).toBe(field)
  })
})
