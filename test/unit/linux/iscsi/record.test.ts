import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { portalOf } from '../../../../lib/core/portal.js'
import { builtInIface } from '../../../../lib/linux/iscsi/iface.js'
import { formatRecord, isOurs, MARK, ownerOf, recordFile, type RecordSettings, recordsOf } from '../../../../lib/linux/iscsi/record.js'
import { parseRecord } from '../../../../lib/linux/iscsi/settings-file.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { IQN } from '../machine.js'

const settings: RecordSettings = {
  target: IQN,
  portal: portalOf('192.0.2.1:3260'),
  iface: builtInIface('default'),
  owner: 'agent 1',
  loginTimeoutSec: 10,
  session: { replacementTimeoutSec: 120 },
}
const withChap = (secret: string, username = 'ali'): RecordSettings => ({ ...settings, auth: { username, secret } })

/**
 * The way in which open-iscsi reads a record (usr/idbm.c, idbm_recinfo_config), written from its behaviour. White space is that of the C
 * locale. A line is stripped of it, and is a comment when `#` comes first. The key ends at white space or `=`. A value has 255 bytes.
 */
function asOpenIscsiReads(text: string): Map<string, string> {
  const space = /[ \t\n\v\f\r]/
  const values = new Map<string, string>()
  for (const whole of text.split(/(?<=\n)/)) {
    expect(Buffer.byteLength(whole), 'a line that would be ignored').toBeLessThan(2048)
    expect(whole.endsWith('\n')).toBe(true)
    const line = whole.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
    if (line === '' || line.startsWith('#')) continue
    let at = 0
    while (at < line.length && !space.test(line.charAt(at)) && line.charAt(at) !== '=') at += 1
    const key = line.slice(0, at)
    at += 1
    while (space.test(line.charAt(at))) at += 1
    expect(line.charAt(at), `no = where open-iscsi looks for it: ${line}`).toBe('=')
    at += 1
    while (space.test(line.charAt(at))) at += 1
    const value = line.slice(at)
    expect(Buffer.byteLength(value), 'a value that would not fit').toBeLessThan(256)
    values.set(key, value)
  }
  return values
}

describe('a record of ours', () => {
  const both = {
    ...withChap('secret-out'),
    auth: { ...withChap('out').auth, username: 'ali', secret: 'out', target: { username: 'baba', secret: 'in' } },
  }

  test('brings in nothing that was not asked for, at login or at boot', () => {
    expect(Object.fromEntries(asOpenIscsiReads(formatRecord(settings)))).toMatchObject({
      'node.startup': 'manual',
      'node.conn[0].startup': 'manual',
      'node.session.scan': 'manual',
      'node.leading_login': 'No',
      'node.session.nr_sessions': '1',
      'node.session.initial_login_retry_max': '1',
    })
  })
  test('says where to log in, as whom, and for how long', () => {
    expect(Object.fromEntries(asOpenIscsiReads(formatRecord({ ...settings, iface: builtInIface('storage-1') })))).toMatchObject({
      'node.name': IQN,
      'node.tpgt': '-1',
      'node.conn[0].address': '192.0.2.1',
      'node.conn[0].port': '3260',
      'iface.iscsi_ifacename': 'storage-1',
      'node.session.auth.authmethod': 'None',
      'node.conn[0].timeo.login_timeout': '10',
      'node.session.timeo.replacement_timeout': '120',
    })
    expect(formatRecord(settings)).not.toContain('password')
  })
  test('holds the credentials of both directions, each under its own key', () => {
    expect(Object.fromEntries(asOpenIscsiReads(formatRecord(both)))).toMatchObject({
      'node.session.auth.authmethod': 'CHAP',
      'node.session.auth.username': 'ali',
      'node.session.auth.password': 'out',
      'node.session.auth.username_in': 'baba',
      'node.session.auth.password_in': 'in',
    })
  })
  test('begins and ends as one, and is known as ours until somebody rewrites it', () => {
    const text = formatRecord(settings)
    expect(text).toMatch(/^# BEGIN RECORD 2\.1\n[^]*\n# END RECORD\n$/)
    expect(isOurs(text)).toBe(true)
    expect(ownerOf(text)).toBe('agent 1')
    const rewritten = [...parseRecord(text)].map(([key, value]) => `${key} = ${value}`).join('\n')
    expect(isOurs(rewritten)).toBe(false)
    expect(ownerOf(rewritten)).toBeUndefined()
  })
  test('has no key twice', () => {
    const keys = formatRecord(both)
      .split('\n')
      .filter((line) => !line.startsWith('#') && line !== '')
      .map((line) => line.split(' ')[0])
    expect(new Set(keys).size).toBe(keys.length)
  })
  test('of an IPv6 portal names the address without brackets, in the file name too', () => {
    const portal = portalOf('[2001:db8:0::1]:860')
    expect(parseRecord(formatRecord({ ...settings, portal })).get('node.conn[0].address')).toBe('2001:db8::1')
    expect(recordFile('/etc/iscsi', IQN, portal)).toBe(`/etc/iscsi/nodes/${IQN}/2001:db8::1,860`)
  })

  test.each([
    'a=b',
    '=a',
    'a==',
    '#a',
    'a#b',
    'a # b',
    'a b  c',
    '"quoted"',
    "it's",
    '\\n',
    'ü€',
    '$(x)',
    '%s',
    'node.startup = automatic',
  ])('hands over the secret %j', (secret) => {
    const text = formatRecord(withChap(secret, secret))
    for (const values of [asOpenIscsiReads(text), parseRecord(text)]) {
      expect(values.get('node.session.auth.password')).toBe(secret)
      expect(values.get('node.session.auth.username')).toBe(secret)
      expect(values.get('node.startup')).toBe('manual')
    }
  })
  test('hands over every secret without space around it that fits in 255 bytes', () => {
    const printable = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 255 })
      .filter((text) => text.trim() === text && !/[\u0000-\u001f\u007f]/.test(text))
    fc.assert(
      fc.property(printable, printable, (secret, username) => {
        const text = formatRecord(withChap(secret, username))
        expect(asOpenIscsiReads(text)).toEqual(parseRecord(text))
        expect(parseRecord(text).get('node.session.auth.password')).toBe(secret)
        expect(parseRecord(text).get('node.session.auth.username')).toBe(username)
      }),
    )
  })
  test('says what it says in whole lines only: values change no other key', () => {
    const keys = [...parseRecord(formatRecord(withChap('a'))).keys()]
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), (secret) => {
        expect([...parseRecord(formatRecord(withChap(secret.replaceAll(/[\r\n]/g, '')))).keys()]).toEqual(keys)
      }),
    )
  })
})

describe('a record is read', () => {
  test('as open-iscsi wrote it', () => {
    const text = [
      '# BEGIN RECORD 2.1.8',
      'node.name = iqn.2003-01.org.example:t',
      'node.session.auth.password = a = b # c',
      '  node.startup\t=\tautomatic  ',
      '#node.session.scan = manual',
      'node.empty = ',
      'no separator',
      '',
      '# END RECORD',
    ].join('\n')
    expect(Object.fromEntries(parseRecord(text))).toEqual({
      'node.name': IQN,
      'node.session.auth.password': 'a = b # c',
      'node.startup': 'automatic',
      'node.empty': '',
    })
  })
  test('whatever it holds, without an exception', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => parseRecord(text).size <= text.split('\n').length))
  })
})

describe('the records of a portal are found', () => {
  const nodes = `/etc/iscsi/nodes/${IQN}`
  const records = async (portal: string, ...files: readonly string[]) => {
    const host = new FakeHost()
    for (const file of files) host.put(`${nodes}/${file}`, 'node.name = x\n', { mode: 0o600 })
    return await recordsOf(host, '/etc/iscsi', IQN, portalOf(portal))
  }
  test('in both forms: a file, and a directory with a file for each iface', async () => {
    const files = ['192.0.2.1,3260', '192.0.2.1,3260,1/default', '192.0.2.1,3260,1/storage-1', '192.0.2.1,3260,2/default']
    expect((await records('192.0.2.1:3260', ...files)).sort()).toEqual(files.map((file) => `${nodes}/${file}`))
  })
  test('by address and port, not by how their names begin', async () => {
    expect(await records('192.0.2.1:3260', '192.0.2.10,3260', '192.0.2.1,32600', '192.0.2.1,326', '192.0.2.1,860,1/default')).toEqual([])
  })
  test('of IPv6 however the name spells the address', async () => {
    const files = ['2001:DB8::1,3260', '2001:db8:0:0:0:0:0:1,3260,1/default']
    expect(await records('[2001:db8::1]:3260', ...files)).toHaveLength(2)
  })
  test('and are none where there is no such target', async () => {
    expect(await recordsOf(new FakeHost(), '/etc/iscsi', IQN, portalOf('192.0.2.1:3260'))).toEqual([])
  })
  test('but not a directory that iscsiadm has made and not yet filled', async () => {
    const host = new FakeHost()
    host.putDirectory(`${nodes}/192.0.2.1,3260,1`)
    expect(await recordsOf(host, '/etc/iscsi', IQN, portalOf('192.0.2.1:3260'))).toEqual([])
  })
})

test('a mark is a line of its own: one in a value, or beside other text, makes no record ours', () => {
  for (const record of [
    `node.session.auth.username = ${MARK}\n# owner me\n`,
    `# it is said: ${MARK}\n# owner me\n`,
    `${MARK}, and more\n# owner me\n`,
    `node.name = a\n# owner me\n`,
  ]) {
    expect(isOurs(record)).toBe(false)
    expect(ownerOf(record)).toBeUndefined()
  }
  expect(ownerOf(`node.name = a\n${MARK}\n# owner me\n`)).toBe('me')
  expect(ownerOf(`# owner another\n${MARK}\nnode.name = a\n# owner me\n`)).toBeUndefined()
  expect(isOurs(`${MARK}\nnode.name = a\n`)).toBe(true)
})
