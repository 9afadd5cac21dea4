import { describe, expect, test } from 'vitest'

import { connection, fromCinder, NQN, portal, refused, unsupported, UUID } from './requests.js'

const HOST = 'nqn.2014-08.org.nvmexpress:uuid:0a1b2c3d-0000-4000-8000-000000000001'
/** Cinder's own keys, which an initiator ignores. */
const more = { qos_specs: null, access_mode: 'rw', encrypted: false, cacheable: false, discard: true, volume_id: 'x' }
const third = { target_nqn: NQN, portals: [['192.0.2.1', '4420', 'tcp']], vol_uuid: UUID }
const old = { nqn: NQN, target_portal: '192.0.2.1', target_port: 4420, transport_type: 'tcp', ns_id: '1' }
const replica = { target_nqn: NQN, vol_uuid: UUID, portals: [['192.0.2.1', 4420, 'TCP']] }
const nvme = (data: object, type = 'nvmeof') => ({ driver_volume_type: type, data })

describe("Cinder's connection_info of an NVMe volume", () => {
  test.each(['nvmeof', 'nvme', 'NVMeoF', 'NVME'])('of type %s', (type) => {
    expect(fromCinder(nvme({ ...third, ...more }, type))).toEqual(connection)
  })
  test('of an encrypted volume is refused', () => {
    expect(unsupported(() => fromCinder(nvme({ ...third, encrypted: true })))).toBe('encrypted')
  })
  test('of an unknown type names the types', () => {
    expect(unsupported(() => fromCinder(nvme(third, 'nvmexx')))).toBe('driver_volume_type')
  })
  test('with one target: all identifiers count, and so does the host', () => {
    const data = { ...third, vol_uuid: UUID.replaceAll('-', '').toUpperCase(), volume_nguid: 'A'.repeat(32), ns_id: 3, host_nqn: HOST }
    expect(fromCinder(nvme(data))).toMatchObject({
      namespace: { uuid: data.vol_uuid, nguid: data.volume_nguid, nsid: 3 },
      host: { nqn: HOST },
    })
  })
  test('in its old form', () => {
    expect(fromCinder(nvme({ ...old, ...more }))).toEqual({ ...connection, namespace: { nsid: '1' } })
    expect(fromCinder(nvme({ ...old, ns_id: null, volume_nguid: 'a'.repeat(32), vol_uuid: 'cinder-name' }))).toMatchObject({
      namespace: { nguid: 'a'.repeat(32) },
    })
  })
  test('with one replica is the volume of that replica', () => {
    const data = { vol_uuid: '99999999-2222-4333-8444-555555555555', alias: 'md1', volume_replicas: [replica], ...more }
    for (const count of [undefined, null, 0, 1]) expect(fromCinder(nvme({ ...data, replica_count: count }))).toEqual(connection)
  })
  test.each([
    ['two replicas', { volume_replicas: [replica, replica], replica_count: 2 }],
    ['two replicas that are counted as one', { volume_replicas: [replica, replica], replica_count: 1 }],
    ['one replica of two', { volume_replicas: [replica], replica_count: 2 }],
  ])('with %s is refused by name', (_, data) => {
    expect(unsupported(() => fromCinder(nvme(data)))).toBe('volume_replicas')
  })
  test('with an access mode', () => {
    expect(fromCinder(nvme({ ...third, access_mode: 'ro' }))).toMatchObject({ access: 'ro' })
  })
  test('with a portal twice has it once, and further entries of a portal have no meaning', () => {
    const portals = [...third.portals, ['192.0.2.1', 4420, 'TCP', 'nqn.ignored'], ['192.0.2.2', 4420, 'tcp']]
    expect(fromCinder(nvme({ ...third, portals })).portals).toEqual([portal, { ...portal, address: '192.0.2.2' }])
  })
  test('with IPv6 in brackets or without', () => {
    for (const address of ['[2001:db8::1]', '2001:db8::1'])
      expect(fromCinder(nvme({ ...third, portals: [[address, '4420', 'tcp']] })).portals).toEqual([{ ...portal, address: '2001:db8::1' }])
  })
  test.each(['RoCEv2', 'RoCEv1', 'rdma', 'RDMA', 'iWARP'])('over %s is not supported yet', (word) => {
    expect(unsupported(() => fromCinder(nvme({ ...third, portals: [...third.portals, ['192.0.2.2', 4420, word]] })))).toBe(
      'connection.portals[1].transport',
    )
  })
  test.each([
    ['portals[0]', { ...third, portals: [['192.0.2.1', 4420, 'tcpp']] }],
    ['portals[0]', { ...third, portals: [['192.0.2.1', 4420]] }],
    ['portals[0]', { ...third, portals: [['192.0.2.1', 4420, 'toString']] }],
    ['portals[1]', { ...third, portals: [...third.portals, ['192.0.2.1', '4420x', 'tcp']] }],
    ['portals[1]', { ...third, portals: [...third.portals, [4420, 4420, 'tcp']] }],
    ['portals[0]', { ...third, portals: ['192.0.2.1'] }],
    ['portals', { ...third, portals: [] }],
    ['portals', { ...third, portals: null }],
    ['vol_uuid', { ...third, vol_uuid: null }],
    ['connection.namespace.uuid', { ...third, vol_uuid: 'volume-1' }],
    ['volume_nguid', { ...old, ns_id: undefined }],
    ['target_port', { ...old, target_port: '0' }],
    ['transport_type', { ...old, transport_type: undefined }],
    ['target_portal', { ...old, target_portal: undefined }],
    ['target_nqn', { ...old, nqn: undefined }],
    ['volume_replicas', { volume_replicas: [] }],
    ['volume_replicas[0].target_nqn', { volume_replicas: [{ ...replica, target_nqn: null }] }],
    ['volume_replicas[0].portals[0]', { volume_replicas: [{ ...replica, portals: [['192.0.2.1', 4420, 'x']] }] }],
    ['volume_replicas[0].vol_uuid', { vol_uuid: UUID, volume_replicas: [{ ...replica, vol_uuid: undefined }] }],
    ['access_mode', { ...third, access_mode: 'wr' }],
  ])('names the wrong field: %s', (field, data) => {
    expect(refused(() => fromCinder(nvme(data)))).toBe(field)
  })
  test.each([
    ['one target', nvme({ ...third, vol_uuid: UUID.toUpperCase() })],
    ['the old form', nvme(old)],
    ['one replica', nvme({ volume_replicas: [replica], replica_count: 1 })],
    ['several replicas', nvme({ volume_replicas: [replica, replica] })],
    ['a mistake', nvme({ ...third, portals: [['192.0.2.1', 4420, 'x']] })],
  ])('is left unchanged: %s', (_, info) => {
    const before = structuredClone(info)
    try {
      fromCinder(info)
    } catch {
      // Also after a refusal.
    }
    expect(info).toEqual(before)
  })
})
