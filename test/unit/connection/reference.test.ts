/** A connection as it is recorded names the same attachment as the one that was given, in every form. */
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../lib/index.js'
import { createConnectors } from '../../../lib/connectors/index.js'
import { checks, fromCinder } from '../../../lib/forms.js'
import { connection, refusal, SECRET, target } from './requests.js'

const forms = new Map((await createConnectors()).map(({ form }) => [form.protocol as string, form]))
function canonical(given: Connection): unknown {
  return forms.get(given.protocol)?.canonical(given)
}
const chap = { username: 'ali', secret: SECRET }
const iscsi = (more: object, ...targets: object[]): Connection =>
  checks.connection({ protocol: 'iscsi', targets: targets.length === 0 ? [target] : targets, ...more })

const nvme = (more: object): Connection =>
  checks.connection({
    protocol: 'nvme',
    nqn: 'nqn.2014-08.org.example:one',
    portals: ['tcp://192.0.2.1:4420'],
    namespace: { nsid: 1 },
    ...more,
  })

const given: readonly (readonly [string, Connection])[] = [
  ['a plain target', iscsi({})],
  ['with CHAP', iscsi({ auth: chap })],
  ['with mutual CHAP', iscsi({ auth: { ...chap, target: { username: 'baba', secret: SECRET } } })],
  ['with discovery', iscsi({ discovery: { portal: '192.0.2.9:3260' } }, { iqn: target.iqn, lun: 1 })],
  ['with discovery and its own CHAP', iscsi({ discovery: { portal: '192.0.2.9:3260', auth: chap }, auth: chap })],
  ['with one iface', iscsi({ iface: 'storage-1' })],
  ['with several ifaces', iscsi({ iface: ['b', 'a'] })],
  ['with an addressing', iscsi({ addressing: 'SAM3-flat' })],
  ['with access', iscsi({ access: 'ro' })],
  ['with the LUN as digits', iscsi({}, { ...target, lun: '18446744073709551615' })],
  ['with the LUN as eight bytes', iscsi({ addressing: 'SAM2' }, { ...target, lun: '0x012C000000000000' })],
  [
    'with portals in IPv6, by name, and missing',
    iscsi({}, { ...target, portal: '[FD99::1]:3260' }, { ...target, portal: 'Storage.example:3260' }, { ...target, portal: '' }),
  ],
  ['with several targets', iscsi({}, target, { ...target, iqn: 'eui.0123456789ABCDEF' })],
  [
    'of Cinder',
    fromCinder({
      target_portal: '192.0.2.1:3260',
      target_iqn: target.iqn,
      target_lun: 4,
      auth_method: 'CHAP',
      auth_username: 'ali',
      auth_password: SECRET,
    }),
  ],
  ['of an NVMe namespace', nvme({})],
  [
    'of an NVMe namespace, in every spelling',
    nvme({
      portals: [
        { transport: 'tcp', address: '2001:0db8::1', port: 4420, hostInterface: 'eth1' },
        'tcp://Storage.example?host-traddr=192.0.2.9',
      ],
      namespace: { uuid: 'AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE', nguid: '00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff', nsid: '3' },
      host: { nqn: 'nqn.2014-08.org.example:me', id: 'AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEF' },
      access: 'ro',
    }),
  ],
  [
    'over Fibre Channel',
    fromCinder({
      driver_volume_type: 'fibre_channel',
      data: { target_wwn: '50:0A:09:82:90:00:00:01', target_lun: 3, initiator_target_map: { '21000024FF4C1A2E': ['500a098290000001'] } },
    }),
  ],
  ['of a local device', checks.connection({ protocol: 'local', path: '/dev/disk/by-id/x', access: 'ro' })],
]

describe('a recorded connection', () => {
  test.each(given)('%s names what was given, also after a second time', (_, connected) => {
    const recorded = canonical(connected)
    expect(JSON.stringify(recorded)).not.toContain(SECRET)
    const named = checks.reference(JSON.parse(JSON.stringify(recorded)))
    expect(canonical(named)).toEqual(recorded)
    expect(JSON.stringify(canonical(named))).toBe(JSON.stringify(recorded)) // the journal is compared as text
  })
  test.each(given)('%s is also named by itself, with its secrets', (_, connected) => {
    expect(canonical(checks.reference(connected))).toEqual(canonical(connected))
  })
  test('has every protocol here', () => {
    expect(new Set(given.map(([, { protocol }]) => protocol))).toEqual(new Set(forms.keys()))
  })
  test('is no request: an attach needs the secrets', () => {
    const recorded = canonical(iscsi({ auth: chap }))
    expect(refusal(() => checks.connection(recorded)).field).toBe('connection.auth.secret')
  })
  test.each<[string, object, string]>([
    ['an unknown key', { ...connection, portal: 'x' }, 'connection.portal'],
    ['a user without a name', { ...connection, auth: { secret: SECRET } }, 'connection.auth.username'],
    ['no targets', { protocol: 'iscsi', targets: [] }, 'connection.targets'],
  ])('is refused with %s', (_, wrong, field) => {
    expect(refusal(() => checks.reference(wrong)).field).toBe(field)
  })
})
