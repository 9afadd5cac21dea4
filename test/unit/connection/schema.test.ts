import { describe, expect, test } from 'vitest'

import { checkId, checkTimeout } from '../../../lib/connection/schema.js'
import type { IscsiConnection } from '../../../lib/api/connection.js'
import { iscsiForm } from '../../../lib/connectors/iscsi/connection.js'
import { isBrickworkError } from '../../../lib/core/errors.js'
import { checks, fromCinder } from '../../../lib/forms.js'
import { Secret } from '../../../lib/core/secret.js'
import { connection, refusal, request, SECRET, target } from './requests.js'

const withTarget = (change: object) => ({ ...request, connection: { ...connection, targets: [{ ...target, ...change }] } })
const withTargets = (...targets: object[]) => ({ ...request, connection: { ...connection, targets } })
const withAuth = (auth: unknown) => ({ ...request, connection: { ...connection, auth } })
const withPolicy = (policy: unknown) => ({ ...request, policy })
const withExpected = (expected: unknown) => ({ ...request, expected })
const iqnOf = (length: number) => `iqn.2003-01.org.example:`.padEnd(length, 'x')

describe('a request is refused', () => {
  test.each<[string, unknown, string]>([
    ['that is nothing', undefined, 'request'],
    ['that is null', null, 'request'],
    ['that is text', SECRET, 'request'],
    ['without an id', { connection }, 'request.id'],
    ['with an empty id', { ...request, id: '' }, 'request.id'],
    ['with an id of 257 bytes', { ...request, id: 'x'.repeat(257) }, 'request.id'],
    ['with an id of 129 letters of two bytes', { ...request, id: 'ü'.repeat(129) }, 'request.id'],
    ['with a NUL in its id', { ...request, id: 'a\0b' }, 'request.id'],
    ['with a newline in its id', { ...request, id: 'a\nb' }, 'request.id'],
    ['with a DEL in its id', { ...request, id: 'a\u007fb' }, 'request.id'],
    ['with a number for an id', { ...request, id: 7 }, 'request.id'],
    ['with a key that is not known', { ...request, force: true }, 'request.force'],
    ['without a connection', { id: 'v' }, 'request.connection'],
    ['of no protocol', { id: 'v', connection: {} }, 'request.connection.protocol'],
    ['of another protocol', { id: 'v', connection: { protocol: 'smb', secret: SECRET } }, 'request.connection.protocol'],
  ])('%s', (_, value, field) => {
    expect(refusal(() => checks.request(value)).field).toBe(field)
  })

  test.each<[string, unknown, string]>([
    ['a key that is not known', { ...request, connection: { ...connection, portal: 'x' } }, 'request.connection.portal'],
    ['no targets', { ...request, connection: { protocol: 'iscsi' } }, 'request.connection.targets'],
    ['an empty list of targets', withTargets(), 'request.connection.targets'],
    ['a target that is nothing', { ...request, connection: { ...connection, targets: [null] } }, 'request.connection.targets[0]'],
    ['a second target that is wrong', withTargets(target, { ...target, lun: -1 }), 'request.connection.targets[1].lun'],
    ['a key of a target that is not known', withTarget({ tpgt: 1 }), 'request.connection.targets[0].tpgt'],
    ['a target without a portal, and no discovery', withTarget({ portal: undefined }), 'request.connection.targets[0].portal'],
    ['a discovery without a portal', { ...request, connection: { ...connection, discovery: {} } }, 'request.connection.discovery.portal'],
    [
      'a discovery whose CHAP is mutual',
      {
        ...request,
        connection: { ...connection, discovery: { portal: target.portal, auth: { username: 'a', secret: SECRET, target: {} } } },
      },
      'request.connection.discovery.auth.target',
    ],
    [
      'the same target twice, without a portal',
      {
        ...request,
        connection: {
          ...connection,
          discovery: { portal: target.portal },
          targets: [
            { iqn: target.iqn, lun: 1 },
            { iqn: target.iqn, lun: 2 },
          ],
        },
      },
      'request.connection.targets[1]',
    ],
    ['an iface that leaves its directory', { ...request, connection: { ...connection, iface: '../x' } }, 'request.connection.iface'],
    ['an iface with a newline', { ...request, connection: { ...connection, iface: 'a\nb' } }, 'request.connection.iface'],
    [
      'a LUN that its addressing has no room for',
      { ...request, connection: { ...connection, targets: [{ ...target, lun: 16384 }], addressing: 'SAM2' } },
      'request.connection.targets[0].lun',
    ],
    ['no iface in a list', { ...request, connection: { ...connection, iface: [] } }, 'request.connection.iface'],
    ['an iface twice', { ...request, connection: { ...connection, iface: ['a', 'b', 'a'] } }, 'request.connection.iface'],
    ['a second iface that is wrong', { ...request, connection: { ...connection, iface: ['a', '../x'] } }, 'request.connection.iface[1]'],
    ['an empty iface', { ...request, connection: { ...connection, iface: '' } }, 'request.connection.iface'],
    [
      'an addressing mode that is not known',
      { ...request, connection: { ...connection, addressing: 'sam' } },
      'request.connection.addressing',
    ],
  ])('for a connection with %s', (_, value, field) => {
    expect(refusal(() => checks.request(value)).field).toBe(field)
  })

  test.each<[unknown]>([[-1], [2 ** 64], [1.5], ['01'], [''], ['18446744073709551616'], ['one'], [NaN], [null], [undefined], [true], [1n]])(
    'for the LUN %s',
    (lun) => {
      expect(refusal(() => checks.request(withTarget({ lun }))).field).toBe('request.connection.targets[0].lun')
    },
  )

  test.each<[string, unknown]>([
    ['with a slash', 'iqn.2003-01.org.example:a/b'],
    ['that leaves its directory', 'iqn.2003-01.org.example:../../../etc'],
    ['with a newline', 'iqn.2003-01.org.example:a\nb'],
    ['with a newline at its end', 'iqn.2003-01.org.example:a\n'],
    ['with a space', 'iqn.2003-01.org.example:a b'],
    ['with a NUL', 'iqn.2003-01.org.example:a\0'],
    ['with an equals sign', 'iqn.2003-01.org.example:a=b'],
    ['with a comma', 'iqn.2003-01.org.example:a,b'],
    ['of 224 bytes', iqnOf(224)],
    ['without a date', 'iqn.org.example:vol'],
    ['of a bad date', 'iqn.2003-1.org.example:vol'],
    ['that ends after its date', 'iqn.2003-01.'],
    ['that is empty', ''],
    ['of no known kind', 'wwn.2003-01.org.example:vol'],
    ['with too few digits (eui)', 'eui.02004567A425678'],
    ['with too many digits (eui)', 'eui.02004567A425678D0'],
    ['with letters that are no digits (eui)', 'eui.02004567A425678G'],
    ['with 20 digits (naa)', 'naa.52004567BA64678D1234'],
    ['that is no text', 7],
    ['that is missing', undefined],
  ])('for a target name %s', (_, iqn) => {
    expect(refusal(() => checks.request(withTarget({ iqn }))).field).toBe('request.connection.targets[0].iqn')
  })

  test.each<[unknown]>([
    ['192.0.2.1'],
    ['192.0.2.1:0'],
    ['192.0.2.1:65536'],
    ['192.0.2.1:3260,1'],
    ['2001:db8::1:3260'],
    ['2001:db8::1'],
    ['[2001:db8::1]'],
    ['[fe80::1%eth0]:3260'],
    ['storage.example'],
    ['10.0.1:3260'],
    ['192.0.2.1:3260\n'],
    ['999.0.2.1:3260'],
    [''],
    [3260],
    [undefined],
  ])('for the portal %j', (portal) => {
    expect(refusal(() => checks.request(withTarget({ portal }))).field).toBe('request.connection.targets[0].portal')
  })

  test.each<[string, string, string]>([
    ['twice', '192.0.2.1:3260', '192.0.2.1:3260'],
    ['with another spelling of its port', '192.0.2.1:3260', '192.0.2.1:03260'],
    ['with another spelling of its address', '[2001:db8::1]:3260', '[2001:DB8:0:0::0:0001]:3260'],
  ])('that names the same portal and target with another LUN %s', (_, one, other) => {
    const different = { ...target, portal: '192.0.2.99:3260' }
    const { field, message } = refusal(() =>
      checks.request(withTargets({ ...target, portal: one }, different, { ...target, portal: other, lun: 2 })),
    )
    expect(field).toBe('request.connection.targets[2]')
    expect(message).toContain('targets[0]')
  })

  test.each<[string, unknown, string]>([
    ['that is text', SECRET, ''],
    ['with a key that is not known', { ...connection.auth, method: 'CHAP' }, '.method'],
    ['without a username', { secret: SECRET }, '.username'],
    ['with an empty username', { username: '', secret: SECRET }, '.username'],
    ['with a username of 256 bytes', { username: 'x'.repeat(256), secret: SECRET }, '.username'],
    ['with a username of 128 letters of two bytes', { username: 'ü'.repeat(128), secret: SECRET }, '.username'],
    ['with a newline in its username', { username: 'a\nnode.startup = automatic', secret: SECRET }, '.username'],
    ['without a secret', { username: 'ali' }, '.secret'],
    ['with an empty secret', { username: 'ali', secret: '' }, '.secret'],
    ['with a secret of 256 bytes', { username: 'ali', secret: SECRET.padEnd(256) }, '.secret'],
    ['with a secret of 140 letters of two bytes', { username: 'ali', secret: SECRET.padEnd(140, 'ü') }, '.secret'],
    ['with a newline in its secret', { username: 'ali', secret: `${SECRET}\nnode.startup = automatic` }, '.secret'],
    ['with a secret that is no text', { username: 'ali', secret: { value: SECRET } }, '.secret'],
    ['with an empty Secret', { username: 'ali', secret: new Secret('') }, '.secret'],
    ['with a Secret of 256 bytes', { username: 'ali', secret: new Secret(SECRET.padEnd(256)) }, '.secret'],
    ['with a newline in its Secret', { username: 'ali', secret: new Secret(`${SECRET}\nnode.startup = automatic`) }, '.secret'],
    ['of a target without a secret', { ...connection.auth, target: { username: 'baba' } }, '.target.secret'],
    ['of a target with a key that is not known', { ...connection.auth, target: { ...connection.auth, target: {} } }, '.target.target'],
    [
      'of a target with a newline in its Secret',
      { ...connection.auth, target: { username: 'b', secret: new Secret(`${SECRET}\n`) } },
      '.target.secret',
    ],
  ])('for CHAP %s', (_, auth, field) => {
    expect(refusal(() => checks.request(withAuth(auth))).field).toBe(`request.connection.auth${field}`)
  })

  test.each<[unknown, string]>([
    [{ multipath: 'always' }, '.multipath'],
    [{ paths: { min: 0 } }, '.paths.min'],
    [{ paths: { min: 1.5 } }, '.paths.min'],
    [{ paths: { want: 'some' } }, '.paths.want'],
    [{ paths: { graceMs: -1 } }, '.paths.graceMs'],
    [{ paths: { graceMs: 86_400_001 } }, '.paths.graceMs'],
    [{ paths: { most: 1 } }, '.paths.most'],
    [{ paths: 2 }, '.paths'],
    [{ ready: 'soon' }, '.ready'],
    [{ identity: 'never' }, '.identity'],
    [{ lun: { waitMs: 'ever' } }, '.lun.waitMs'],
    [{ lun: { waitMs: NaN } }, '.lun.waitMs'],
    [{ lun: { wait: 1 } }, '.lun.wait'],
    [{ assemble: 'dmsetup' }, '.assemble'],
    [{ onNoPaths: 'queue' }, '.onNoPaths'],
    [{ access: 'wo' }, '.access'],
    [{ colour: 'red' }, '.colour'],
    ['fast', ''],
  ])('for the policy %j', (policy, field) => {
    expect(refusal(() => checks.request(withPolicy(policy))).field).toBe(`request.policy${field}`)
    expect(refusal(() => checks.policy(policy)).field).toBe(`policy${field}`)
  })

  test.each<[unknown, string]>([
    [{ wwid: '' }, '.wwid'],
    [{ wwid: 'a bare serial number' }, '.wwid'],
    [{ wwid: '0x6001405a1b2c3d4e' }, '.wwid'],
    [{ uuid: 'u' }, '.uuid'],
    [{ nguid: 'n' }, '.nguid'],
    [{ wwid: 'a\nb' }, '.wwid'],
    [{ serial: 7 }, '.serial'],
    [{ uuid: 'x'.repeat(65) }, '.uuid'],
    [{ nguid: 'x'.repeat(65) }, '.nguid'],
    [{ sizeBytes: -1 }, '.sizeBytes'],
    [{ sizeBytes: 1.5 }, '.sizeBytes'],
    [{ sizeBytes: '1' }, '.sizeBytes'],
    [{ size: 1 }, '.size'],
  ])('for the expectation %j', (expected, field) => {
    expect(refusal(() => checks.request(withExpected(expected))).field).toBe(`request.expected${field}`)
  })

  test.each<[unknown, string]>([
    [undefined, '.path'],
    ['', '.path'],
    ['sdb', '.path'],
    ['/etc/passwd', '.path'],
    ['/dev/../etc/passwd', '.path'],
    ['/dev/disk/../../etc', '.path'],
    ['/dev/sdb\n', '.path'],
    [`/dev/${'x'.repeat(4092)}`, '.path'],
  ])('for the local path %j', (path, field) => {
    expect(refusal(() => checks.connection({ protocol: 'local', path })).field).toBe(`connection${field}`)
  })
})

describe('refused are', () => {
  test.each([0, 0.5, -1, NaN, Infinity, 86_400_001, '1000', null])('the time-out %s', (timeoutMs) => {
    expect(refusal(() => checkTimeout(timeoutMs)).field).toBe('timeoutMs')
  })
  test('ids, alone', () => {
    expect(refusal(() => checkId('')).field).toBe('id')
  })
})

describe('a request with several mistakes', () => {
  const wrong = {
    id: '',
    connection: {
      ...connection,
      targets: [
        { ...target, lun: -1 },
        { ...target, iqn: SECRET },
      ],
      iface: '../x',
    },
    expected: { wwid: 'garbage', sizeBytes: 1 },
    force: true,
  }
  const fields = [
    'request.id',
    'request.connection.targets[0].lun',
    'request.connection.targets[1].iqn',
    'request.connection.iface',
    'request.expected.wwid',
    'request.expected.sizeBytes',
    'request.force',
  ]
  test('is told all of them, each once, by its field', () => {
    expect.assertions(4)
    try {
      checks.request(wrong)
    } catch (error) {
      if (!isBrickworkError(error, 'ERR_INVALID_ARGUMENT')) throw error
      const { field, problems = [] } = error.details
      expect(problems.map((problem) => problem.field).sort()).toEqual([...fields].sort())
      expect(field).toBe(problems[0]?.field)
      const said = problems.slice(0, 5).map((problem) => `${problem.field}: ${problem.message}`)
      expect(error.message).toBe([...said, 'and 2 more'].join('; '))
      expect(error.message).not.toContain(SECRET)
    }
  })
  test('of Cinder too', () => {
    const call = () => fromCinder({ target_portal: 7, target_iqn: 7, target_lun: null })
    expect(refusal(call).message).toMatch(/^target_portal: .*; target_iqn: .*; target_lun: /)
  })
})

describe('a request is taken as it is', () => {
  test('with all that it may have', () => {
    const full = {
      id: 'ü'.repeat(128),
      connection: {
        protocol: 'iscsi',
        targets: [target, { ...target, portal: '192.0.2.2:3260' }, { ...target, iqn: 'iqn.2003-01.org.example:vol-2' }],
        auth: { username: 'ali', secret: new Secret(SECRET), target: { username: 'baba', secret: SECRET.padEnd(255) } },
        iface: 'storage-1.100',
        addressing: 'SAM2',
      },
      expected: {
        wwid: '35001405a1b2c3d4e',
        serial: 's',
        uuid: '0'.repeat(32),
        nguid: 'eui.0123456789abcdef0123456789abcdef',
        sizeBytes: 512,
      },
      policy: {
        multipath: 'never',
        paths: { min: 1, want: 'all', graceMs: 0 },
        ready: 'kernel',
        identity: 'require',
        lun: { waitMs: 'deadline' },
        assemble: 'direct',
        onNoPaths: 'fail-io',
        access: 'ro',
      },
    }
    expect(checks.request(full)).toEqual(full)
  })

  test.each([
    'iqn.2003-01.org.linux-iscsi.host.x8664:sn.d3d8b0500fde',
    'iqn.2010-10.org.openstack:volume-0a1b',
    'iqn.1992-08.com.netapp:sn.1_2-3',
    'iqn.2001-04.COM.Example:Upper',
    iqnOf(223),
    'eui.02004567A425678D',
    'naa.52004567BA64678D',
    'naa.62004567BA64678D0123456789ABCDEF',
  ])('for the target name %s', (iqn) => {
    expect(checks.connection({ protocol: 'iscsi', targets: [{ ...target, iqn }] })).toMatchObject({ targets: [{ iqn }] })
  })

  test.each([0, 1, 16383, '0', '18446744073709551615'])('for the LUN %j', (lun) => {
    expect(checks.connection({ protocol: 'iscsi', targets: [{ ...target, lun }] })).toMatchObject({ targets: [{ lun }] })
  })

  test.each(['192.0.2.1:3260', '[2001:db8::1]:860', '[2001:DB8:0::1]:3260'])('for the portal %s', (portal) => {
    expect(checks.connection({ protocol: 'iscsi', targets: [{ ...target, portal }] })).toMatchObject({ targets: [{ portal }] })
  })

  test('for an entry that comes again, which counts once in what is recorded', () => {
    const v6 = { ...target, portal: '[2001:db8::1]:3260' }
    const again = [target, v6, { ...target, lun: '1' }, { ...v6, portal: '[2001:DB8:0:0::0:0001]:3260' }]
    const { connection: checked } = checks.request(withTargets(...again))
    expect(iscsiForm.canonical(checked as IscsiConnection)).toMatchObject({
      targets: [{ portal: target.portal }, { portal: v6.portal }],
    })
    expect(iscsiForm.canonical(checked as IscsiConnection)['targets']).toHaveLength(2)
  })

  test('for an empty portal beside another one', () => {
    expect(checks.connection({ protocol: 'iscsi', targets: [{ ...target, portal: '' }, target] })).toMatchObject({
      targets: [{ portal: '' }, target],
    })
  })

  test('for two LUNs behind different names or portals, and for a name at two ports', () => {
    const targets = [target, { ...target, portal: '192.0.2.1:3261' }, { ...target, iqn: `${target.iqn}-2` }]
    expect(checks.connection({ protocol: 'iscsi', targets })).toMatchObject({ targets })
  })

  test.each(['/dev/vdb', '/dev/disk/by-id/scsi-36001405', '/dev/mapper/vg..lv'])('for the local path %s', (path) => {
    expect(checks.connection({ protocol: 'local', path })).toEqual({ protocol: 'local', path })
  })

  test.each(['x', ' ', 'a/../b', 'pvc-0a1b2c3d', 'x'.repeat(256)])('for the id %j', (id) => {
    expect(checkId(id)).toBe(id)
  })

  test.each([1, 1.5, 60_000, 86_400_000])('for the time-out %d', (timeoutMs) => {
    expect(checkTimeout(timeoutMs)).toBe(timeoutMs)
  })
})
