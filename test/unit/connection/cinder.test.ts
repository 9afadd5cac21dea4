import { describe, expect, test } from 'vitest'

import { fromCinder, policyFromCinder, toCinderDeviceInfo } from '../../../lib/index.js'
import { Secret } from '../../../lib/core/secret.js'
import type { BlockAttachment } from '../../../lib/api/attachment.js'
import { refusal, SECRET } from './requests.js'

const iqn = 'iqn.2010-10.org.openstack:volume-1'
const singular = { target_portal: '192.0.2.1:3260', target_iqn: iqn, target_lun: 1 }
const plural = { target_portals: ['192.0.2.1:3260', '[2001:db8::1]:3260'], target_iqns: [iqn, `${iqn}-b`], target_luns: [1, 2] }
const chap = { auth_method: 'CHAP', auth_username: 'ali', auth_password: SECRET }
/** Fields of Cinder that an initiator ignores. */
const more = { volume_id: 'x', target_discovered: false, qos_specs: null, access_mode: 'rw', encrypted: false, discard: true }
const iscsi = (data: object) => ({ driver_volume_type: 'iscsi', data })

describe("Cinder's connection_info is read", () => {
  test("in its singular form, which leaves the target's other portals to a discovery", () => {
    const targets = [{ portal: '192.0.2.1:3260', iqn, lun: 1 }]
    const expected = { protocol: 'iscsi', targets, discovery: { portal: '192.0.2.1:3260' } }
    expect(fromCinder(iscsi({ ...singular, ...more }))).toEqual(expected)
    expect(fromCinder({ ...iscsi(singular), serial: 'x' })).toEqual(expected)
  })

  test('whatever the case of its type, as os-brick reads it', () => {
    expect(fromCinder({ driver_volume_type: 'ISCSI', data: singular })).toEqual(fromCinder(iscsi(singular)))
    expect(fromCinder({ driver_volume_type: 'iSER', data: singular })).toMatchObject({ iface: 'iser' })
  })

  test('as the data of an iSCSI volume alone', () => {
    expect(fromCinder({ ...singular, ...more })).toEqual(fromCinder(iscsi(singular)))
  })

  test('in its plural form, which wins over the singular one', () => {
    expect(fromCinder(iscsi({ ...singular, ...plural }))).toEqual({
      protocol: 'iscsi',
      targets: [
        { portal: '192.0.2.1:3260', iqn, lun: 1 },
        { portal: '[2001:db8::1]:3260', iqn: `${iqn}-b`, lun: 2 },
      ],
    })
  })

  test('with one LUN for all portals', () => {
    expect(fromCinder(iscsi({ ...plural, target_luns: undefined, target_lun: 7 }))).toMatchObject({ targets: [{ lun: 7 }, { lun: 7 }] })
  })

  test.each(['', null])('with a portal that is %j beside a good one', (none) => {
    expect(fromCinder(iscsi({ ...plural, target_portals: [none, '[2001:db8::1]:3260'] }))).toMatchObject({
      targets: [{ portal: '' }, { portal: '[2001:db8::1]:3260' }],
    })
  })

  test('with the same portal twice', () => {
    const twice = { target_portals: ['192.0.2.1:3260', '192.0.2.1:3260,1'], target_iqns: [iqn, iqn], target_luns: [1, 1] }
    expect(fromCinder(iscsi(twice))).toMatchObject({ targets: [{ portal: '192.0.2.1:3260' }, { portal: '192.0.2.1:3260' }] })
  })

  test('by its singular form when it has portals and no names for them', () => {
    expect(fromCinder(iscsi({ ...singular, target_portals: plural.target_portals }))).toEqual(fromCinder(iscsi(singular)))
  })

  test('with the portal group tag left out, which is the business of the target', () => {
    const tagged = { ...plural, target_portals: ['192.0.2.1:3260,1', '[2001:db8::1]:3260,-1'] }
    expect(fromCinder(iscsi(tagged))).toEqual(fromCinder(iscsi(plural)))
    expect(fromCinder({ ...singular, target_portal: '192.0.2.1:3260,1024' })).toEqual(fromCinder(singular))
  })

  test('with CHAP, whose password prints as [secret] from then on', () => {
    const connection = fromCinder(iscsi({ ...singular, ...chap }))
    expect(connection).toMatchObject({ auth: { username: 'ali', secret: expect.any(Secret) as unknown } })
    expect(connection.protocol === 'iscsi' && connection.auth?.secret instanceof Secret && connection.auth.secret.reveal()).toBe(SECRET)
    expect(JSON.stringify(connection)).toContain('"secret":"[secret]"')
  })

  test('with the CHAP of the discovery, which is not that of the sessions', () => {
    const found = { discovery_auth_method: 'CHAP', discovery_auth_username: 'eva', discovery_auth_password: SECRET }
    const connection = fromCinder(iscsi({ ...singular, ...found }))
    expect(connection).toMatchObject({ discovery: { auth: { username: 'eva', secret: expect.any(Secret) as unknown } } })
    expect(connection).not.toHaveProperty('auth')
    expect(JSON.stringify(connection)).not.toContain(SECRET)
    expect(refusal(() => fromCinder(iscsi({ ...singular, ...found, discovery_auth_method: 'SRP' }))).field).toBe('discovery_auth_method')
  })

  test.each([{}, { auth_method: null }, { auth_method: 'None' }, { auth_username: 'ali', auth_password: SECRET }])(
    'without CHAP when that is not the method: %j',
    (auth) => {
      expect(fromCinder(iscsi({ ...singular, ...auth }))).toEqual(fromCinder(iscsi(singular)))
    },
  )

  test('of an iSER volume as a login through the iface of that name', () => {
    expect(fromCinder({ driver_volume_type: 'iser', data: singular })).toMatchObject({ protocol: 'iscsi', iface: 'iser' })
  })

  test.each(['SAM', 'transparent', 'SAM2', 'SAM3-flat'])('with the addressing mode %s', (addressing_mode) => {
    expect(fromCinder(iscsi({ ...singular, addressing_mode }))).toMatchObject({ addressing: addressing_mode })
  })

  test('to be read only, with access_mode ro', () => {
    expect(fromCinder(iscsi({ ...singular, access_mode: 'ro' }))).toMatchObject({ access: 'ro' })
    expect(fromCinder(iscsi({ ...plural, access_mode: 'ro' }))).toMatchObject({ access: 'ro' })
    const local = { device_path: '/dev/vdb', access_mode: 'ro' }
    expect(fromCinder({ driver_volume_type: 'local', data: local })).toMatchObject({ access: 'ro' })
    expect(fromCinder(iscsi({ ...singular, access_mode: null }))).not.toHaveProperty('access')
  })

  test('with no addressing mode when it says null', () => {
    expect(fromCinder(iscsi({ ...singular, addressing_mode: null }))).not.toHaveProperty('addressing')
  })

  test('of a local volume', () => {
    expect(fromCinder({ driver_volume_type: 'local', data: { device_path: '/dev/vg/volume-1' } })).toEqual({
      protocol: 'local',
      path: '/dev/vg/volume-1',
    })
  })
})

describe('an encrypted volume', () => {
  test.each([
    ['of iSCSI', iscsi({ ...singular, encrypted: true })],
    ['of iSCSI, as data alone', { ...singular, encrypted: true }],
    ['that is local', { driver_volume_type: 'local', data: { device_path: '/dev/sdz', encrypted: true } }],
  ])('%s is refused unless the caller opens the encryption', (_, info) => {
    expect(() => fromCinder(info)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED', details: { field: 'encrypted' } }))
    expect(() => fromCinder(info, { encryption: undefined })).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }))
    expect(fromCinder(info, { encryption: 'caller' })).toEqual(fromCinder(JSON.parse(JSON.stringify(info).replace('true', 'false'))))
  })
  test('is one that says so: no other value counts as true', () => {
    expect(fromCinder({ ...singular, encrypted: null })).toEqual(fromCinder(singular))
    expect(refusal(() => fromCinder({ ...singular, encrypted: 'False' })).field).toBe('encrypted')
    expect(refusal(() => fromCinder(singular, { encryption: 'host' as 'caller' })).field).toBe('encryption')
  })
})

describe("Cinder's connection_info is refused", () => {
  test.each<[string, unknown, string]>([
    ['when it is nothing', undefined, 'connection_info'],
    ['when it is null', null, 'connection_info'],
    ['when it is text', SECRET, 'connection_info'],
    ['without a portal', { ...chap, target_iqn: iqn, target_lun: 1 }, 'target_portal'],
    ['without a target', { target_portal: '192.0.2.1:3260', target_lun: 1 }, 'target_iqn'],
    ['without a LUN', { ...singular, target_lun: undefined }, 'connection.targets[0].lun'],
    ['without a LUN for the portals', { ...plural, target_luns: undefined }, 'connection.targets[0].lun'],
    ['with fewer names than portals', { ...plural, target_iqns: [iqn] }, 'target_iqns'],
    ['with more names than portals', { ...plural, target_iqns: [iqn, iqn, iqn] }, 'target_iqns'],
    ['with fewer LUNs than portals', { ...plural, target_luns: [1] }, 'target_luns'],
    ['with more LUNs than portals', { ...plural, target_luns: [1, 2, 3] }, 'target_luns'],
    ['with empty lists', { target_portals: [], target_iqns: [], target_luns: [] }, 'connection.targets'],
    ['with a portal that is none', { ...singular, target_portal: 'storage.example' }, 'connection.targets[0].portal'],
    ['with empty portals only', { ...plural, target_portals: ['', ''] }, 'connection.targets[0].portal'],
    ['with a portal that is no text', { ...singular, ...chap, target_portal: 3260 }, 'target_portal'],
    ['with a list in place of a name', { ...singular, ...chap, target_iqn: [iqn] }, 'target_iqn'],
    ['with a list that holds something else', { ...plural, target_luns: [1, null] }, 'target_luns[1]'],
    ['with an authentication that is not known', { ...singular, ...chap, auth_method: 'KRB5' }, 'auth_method'],
    ['with CHAP without a username', { ...singular, ...chap, auth_username: undefined }, 'connection.auth.username'],
    ['with CHAP without a password', { ...singular, ...chap, auth_password: null }, 'connection.auth.secret'],
    [
      'with a newline in the password',
      { ...singular, ...chap, auth_password: `${SECRET}\nnode.startup = automatic` },
      'connection.auth.secret',
    ],
    ['with an access mode that is not known', { ...singular, access_mode: 'wo' }, 'access_mode'],
    ['with an addressing mode that is not known', { ...singular, addressing_mode: 'SAM4' }, 'addressing_mode'],
  ])('%s', (_, data, field) => {
    expect(refusal(() => fromCinder(data)).field).toBe(field)
    if (typeof data === 'object' && data !== null) expect(refusal(() => fromCinder(iscsi(data))).field).toBe(field)
  })

  test('for a local volume without a path', () => {
    expect(refusal(() => fromCinder({ driver_volume_type: 'local', data: {} })).field).toBe('connection.path')
  })

  test.each(['rbd', 'nfs', 'fibre-channel', 'iscsix', ''])('as unsupported for the type %j', (driver_volume_type) => {
    expect(() => fromCinder({ driver_volume_type, data: { ...singular, ...chap } })).toThrow(
      expect.objectContaining({ code: 'ERR_UNSUPPORTED', details: { field: 'driver_volume_type' } }),
    )
  })
})

describe('the device info for Cinder', () => {
  const anonymous: BlockAttachment = {
    id: 'v',
    kind: 'block',
    protocol: 'iscsi',
    path: '/dev/sdb',
    identity: null,
    device: '/dev/sdb',
    stableLink: null,
    sizeBytes: 1,
    logicalBlockSize: 512,
    readOnly: false,
    multipath: null,
    paths: [],
    degraded: false,
    reused: false,
    udevReady: true,
    timings: [],
  }
  const attachment: BlockAttachment = { ...anonymous, wwid: '36001405' }
  test('names the disk of a single path', () => {
    expect(toCinderDeviceInfo(attachment)).toEqual({ type: 'block', path: '/dev/sdb', scsi_wwn: '36001405' })
  })
  test('names the map of several', () => {
    const multipath = { name: 'mpatha', device: '/dev/dm-0', uuid: 'mpath-36001405' }
    expect(toCinderDeviceInfo({ ...attachment, device: '/dev/dm-0', multipath })).toEqual({
      type: 'block',
      path: '/dev/dm-0',
      scsi_wwn: '36001405',
      multipath_id: '36001405',
    })
  })
  test('has no SCSI name for an NVMe namespace, as in os-brick', () => {
    const namespace = { ...attachment, device: '/dev/nvme0n1', wwid: 'uuid.1', nvme: { subsystem: 'nqn.one' } }
    expect(toCinderDeviceInfo(namespace)).toEqual({ type: 'block', path: '/dev/nvme0n1' })
  })
  test('of a device without an identity says so by an empty name', () => {
    expect(toCinderDeviceInfo(anonymous).scsi_wwn).toBe('')
  })
})

describe('the policy of a connection_info', () => {
  test('requires multipath if Cinder enforces it', () => {
    expect(policyFromCinder(iscsi({ ...singular, enforce_multipath: true }))).toEqual({ multipath: 'require' })
    expect(policyFromCinder({ ...singular, enforce_multipath: true })).toEqual({ multipath: 'require' })
  })
  test('is none otherwise', () => {
    for (const enforced of [{ enforce_multipath: false }, { enforce_multipath: null }, {}])
      expect(policyFromCinder(iscsi({ ...singular, ...enforced }))).toEqual({})
  })
  test.each([
    ['text', { enforce_multipath: 'True' }],
    ['no object', 7],
    ['null', null],
  ])('is refused: %s', (_, data) => {
    expect(() => policyFromCinder({ driver_volume_type: 'iscsi', data })).toThrow(/ERR_INVALID_ARGUMENT|enforce_multipath|connection_info/)
  })
})
