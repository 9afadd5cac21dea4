/**
 * Connections in the forms that control planes may pass: each is accepted as it says, or rejected by a typed error that names the field.
 */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checks, fromCinder } from '../../../lib/forms.js'
import { isBrickworkError } from '../../../lib/index.js'
import { SECRET } from './requests.js'

const RUNS = { seed: 16, numRuns: 600 } as const
const IQN = 'iqn.2010-10.org.openstack:volume-1'
const portal = fc.constantFrom(
  '192.0.2.1:3260',
  '192.0.2.1:3260',
  '192.0.2.2:3260,1',
  '[2001:db8::1]:3260',
  '[2001:DB8:0:0:0:0:0:1]:3260,-1',
)
const iqn = fc.constantFrom(IQN, IQN, `${IQN}-b`, 'eui.0123456789abcdef')
const lun = fc.constantFrom<number | string>(0, 1, 1, 255, 16384, '7', '0x0001000000000000')
/** Values that are wrong in every field, and a secret in the wrong field. */
const wrong = fc.constantFrom<unknown>(
  '',
  ' ',
  null,
  -1,
  1.5,
  NaN,
  true,
  [],
  {},
  [null],
  [[IQN]],
  'no such',
  `${IQN}/../x`,
  `a\nb`,
  SECRET,
  'x'.repeat(9000),
)
const mostly = <T>(right: fc.Arbitrary<T>) => fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong })
/** A field that accepts any text may show the secret in it. */
const anyText = (right: string) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant<unknown>(right) }, { weight: 1, arbitrary: wrong.filter((value) => value !== SECRET) })
const maybe = (value: fc.Arbitrary<unknown>) => fc.option(value, { freq: 6, nil: undefined })
const listOf = (right: fc.Arbitrary<unknown>) => mostly(fc.array(mostly(right), { maxLength: 3 }))

/** The result of a call, or `undefined` if it is rejected as promised. Nothing shows a secret. */
function understood<T>(call: () => T): T | undefined {
  try {
    const answer = call()
    expect(inspect(answer, { depth: 9, showHidden: true }) + JSON.stringify(answer)).not.toContain('sesame')
    return answer
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    expect(['ERR_INVALID_ARGUMENT', 'ERR_UNSUPPORTED']).toContain(error.code)
    expect(error.message.startsWith(`${String(error.details['field'])}: `), error.message).toBe(true)
    expect(error.message.length).toBeLessThan(1000)
    expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain('sesame')
    return undefined
  }
}
const withoutTag = (text: unknown) => (typeof text === 'string' ? text.replace(/,-?[0-9]+$/, '') : text === null ? '' : text)

const auth = {
  auth_method: maybe(mostly(fc.constantFrom('CHAP', 'None'))),
  auth_username: maybe(anyText('ali')),
  auth_password: maybe(fc.constantFrom<unknown>(SECRET, SECRET, null, [SECRET], { SECRET }, `${SECRET}\n`)),
}
const found = {
  discovery_auth_method: auth.auth_method,
  discovery_auth_username: auth.auth_username,
  discovery_auth_password: auth.auth_password,
}
const more = {
  access_mode: maybe(mostly(fc.constantFrom('rw', 'ro'))),
  addressing_mode: maybe(mostly(fc.constantFrom('SAM', 'SAM2'))),
  qos_specs: maybe(wrong),
}
const singular = { target_portal: maybe(mostly(portal)), target_iqn: maybe(mostly(iqn)), target_lun: maybe(mostly(lun)) }
const lists = fc.nat(3).chain((length) => {
  const exactly = (right: fc.Arbitrary<unknown>) =>
    maybe(
      fc.oneof(
        { weight: 8, arbitrary: fc.array(right, { minLength: length, maxLength: length }) },
        { weight: 1, arbitrary: listOf(right) },
      ),
    )
  return fc.record({ target_portals: exactly(fc.option(portal, { freq: 6 })), target_iqns: exactly(iqn), target_luns: exactly(lun) })
})
const data = fc
  .tuple(fc.record({ ...singular, ...auth, ...found, ...more }), fc.option(lists, { nil: {} }))
  .map(([one, many]) => ({ ...one, ...many }))
type Data = Readonly<Record<string, unknown>>

test("Cinder's connection_info says what the connection says, or is refused by the name of a field", () => {
  let accepted = 0
  const whole = fc.tuple(data, fc.constantFrom<unknown>('iscsi', 'iser', undefined, undefined, 'rbd', SECRET, 5))
  fc.assert(
    fc.property(whole, ([given, type]) => {
      const connection = understood(() => fromCinder(type === undefined ? given : { driver_volume_type: type, data: given }))
      if (connection === undefined) return
      accepted += 1
      const { target_portals: portals, target_iqns: iqns, target_luns: luns, ...one } = given as Data
      const isPlural = Array.isArray(portals) && Array.isArray(iqns)
      const wanted = isPlural
        ? portals.map((each, index) => ({
            portal: withoutTag(each),
            iqn: iqns[index] as unknown,
            lun: Array.isArray(luns) ? (luns[index] as unknown) : one['target_lun'],
          }))
        : [{ portal: withoutTag(one['target_portal']), iqn: one['target_iqn'], lun: one['target_lun'] }]
      expect(connection).toMatchObject({ protocol: 'iscsi', targets: wanted })
      expect('discovery' in connection).toBe(!isPlural)
      expect('auth' in connection).toBe(one['auth_method'] === 'CHAP')
      expect('access' in connection).toBe(one['access_mode'] === 'ro')
    }),
    RUNS,
  )
  expect(accepted, 'some are good').toBeGreaterThan(20)
})

test('what is no connection_info at all is refused', () => {
  fc.assert(
    fc.property(fc.oneof(wrong, fc.anything(), fc.record({ driver_volume_type: wrong, data: wrong })), (given) => {
      expect(understood(() => fromCinder(given))).toBeUndefined()
    }),
    { ...RUNS, numRuns: 200 },
  )
})

/** A publish or volume context: texts by name, each of which may be missing. `portals` is a list in one text, as in the CSI guide. */
const context = fc.record({
  portals: maybe(
    mostly(
      fc
        .array(
          portal.map((each) => each.replace(/,.*$/, '')),
          { minLength: 1, maxLength: 3 },
        )
        .map((each) => each.join(',')),
    ),
  ),
  iqn: maybe(mostly(iqn)),
  lun: maybe(mostly(lun.map(String))),
  wwid: maybe(mostly(fc.constantFrom('naa.6001405a1b2c3d4e5f60718293a4b5c6', '36001405a1b2c3d4e5f60718293a4b5c6'))),
  id: maybe(anyText('pvc-1')),
  username: maybe(anyText('ali')),
  secret: fc.constantFrom<unknown>(...Array<unknown>(12).fill(SECRET), undefined, '', null, 5, [SECRET], `${SECRET}\0`),
  access: maybe(mostly(fc.constantFrom('rw', 'ro'))),
  surplus: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: wrong }),
})

test('a CSI context says what the request says, or is refused by the name of a field', () => {
  let accepted = 0
  fc.assert(
    fc.property(context, ({ portals, iqn: name, lun: number, wwid, id, username, secret, access, surplus }) => {
      const named = typeof portals === 'string' ? portals.split(',') : portals === undefined ? [] : [portals]
      const targets = named.map((each) => ({ portal: each, iqn: name, lun: number }))
      const credentials = username === undefined ? {} : { auth: { username, secret } }
      const asked = { id, connection: { protocol: 'iscsi', targets, ...credentials }, expected: { wwid }, policy: { access } }
      const request = understood(() => {
        const checked = checks.request(surplus === undefined ? asked : { ...asked, surplus })
        const { connection } = checked
        // The caller's own secret is in the answer. It must be nowhere else.
        return { ...checked, connection: { ...connection, auth: undefined } }
      })
      if (request === undefined) return
      accepted += 1
      expect([surplus, request.id, request.connection.protocol]).toEqual([undefined, id, 'iscsi'])
      expect(request.connection).toMatchObject({ targets })
      expect(request.expected?.wwid).toBe(wwid)
    }),
    RUNS,
  )
  expect(accepted, 'some are good').toBeGreaterThan(20)
})
