import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Entry } from '../../../lib/operation/entry.js'
import { formatEntry, parseEntry, stateError } from '../../../lib/operation/entry-text.js'
import { entryOf } from './entries.js'

const file = '/var/lib/brickwork/attachments/abc.json'
const full = entryOf('ü "quoted" \\ id', {
  connection: { protocol: 'iscsi', targets: [{ portal: '192.0.2.1:3260', iqn: 'iqn.2003-01.org.example:t', lun: '1' }] },
  pending: [{ kind: 'login', key: 'login x', untilMs: 5, data: { port: 3260 } }],
  result: {
    kind: 'block',
    path: '/dev/sda',
    device: '/dev/sda',
    identity: { scheme: 'scsi', id: '36001405' },
    named: 1,
    wwid: '36001405',
    serial: 's',
    sizeBytes: 1,
    logicalBlockSize: 512,
    readOnly: false,
    paths: [{ device: '/dev/sda', state: 'running', label: '192.0.2.1:3260', hctl: '0:0:0:1', iscsi: { session: 1 } }],
    stableLink: '/run/brickwork/by-id/x',
  },
})
const refused = (text: string) => {
  try {
    parseEntry(text, file)
  } catch (error) {
    return error as Error & { details: unknown }
  }
  return expect.unreachable('it was read')
}
const written = (change: (value: Record<string, unknown>) => unknown) => {
  const value = JSON.parse(formatEntry(full)) as Record<string, unknown>
  return JSON.stringify(change(value) ?? value)
}

describe('an entry', () => {
  test('comes back as it was written', () => {
    for (const entry of [full, entryOf('v')]) expect(parseEntry(formatEntry(entry), file)).toEqual(entry)
  })
  test('is one line that begins with its schema, its name, its boot and its keys', () => {
    expect(formatEntry(full)).toMatch(/^\{"schema":2,"id":"[^\n]*","owner":"[^\n]*","boot":"[^\n]*","keys":\[[^\n]*\}\n$/)
  })
  test('that was cut off anywhere is refused, by the name of its file', () => {
    const text = formatEntry(full)
    for (let length = 0; length < text.length - 2; length++)
      expect(refused(text.slice(0, length))).toMatchObject({
        code: 'ERR_STATE',
        details: { file },
        cause: expect.any(SyntaxError) as unknown,
      })
  })
  test('of a newer version is refused, and says so', () => {
    const error = refused(JSON.stringify({ schema: 3, quite: 'different' }))
    expect(error).toMatchObject({ code: 'ERR_STATE', details: { file } })
    expect(error.message).toContain('newer version (schema 3, this version reads 2)')
  })
  test.each<[string, string]>([
    ['of no version', written((value) => ({ ...value, schema: undefined }))],
    ['of an older version', written((value) => ({ ...value, schema: 0 }))],
    ['of a version in letters', written((value) => ({ ...value, schema: '2' }))],
    ['of somebody else', '{"name":"brickwork-storage","version":"0.1.0"}'],
    ['that is a list', '[]'],
    ['that is null', 'null'],
    ['that is text', '"entry"'],
    ['in a state that is not known', written((value) => ({ ...value, state: 'resizing' }))],
    [
      'with an object of unknown origin',
      written((value) => ({ ...value, objects: [{ kind: 'x', key: 'x', origin: 'bought', data: {} }] })),
    ],
    ['with deep data', written((value) => ({ ...value, objects: [{ kind: 'x', key: 'x', origin: 'created', data: { deep: {} } }] }))],
    ['with a connection of no protocol', written((value) => ({ ...value, connection: {} }))],
    ['with half a result', written((value) => ({ ...value, result: { device: '/dev/sda' } }))],
  ])('%s is refused, by the name of its file', (_, text) => {
    const error = refused(text)
    expect(error).toMatchObject({ code: 'ERR_STATE', details: { file }, retryable: false })
    expect(error.message).toContain(file)
  })
  test.each(Object.keys(full))('without %s is refused', (field) => {
    const error = refused(written((value) => ({ ...value, [field]: undefined })))
    expect(error).toMatchObject({ code: 'ERR_STATE', details: { file } })
    expect(error.message).toContain(field)
  })
  test('that is refused is not touched, and the error says that too', () => {
    expect(stateError(file, 'is torn').message).toBe(`State file ${file} is torn. Nothing was changed; move it away or repair it`)
  })
  test('is read from any text without any other error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => `{"schema":1,"id":${text}}`),
        ),
        (text) => {
          expect(refused(text)).toMatchObject({ code: 'ERR_STATE', details: { file } })
        },
      ),
    )
  })
  test('keeps whatever the connection of its protocol says', () => {
    const entry: Entry = { ...full, connection: { protocol: 'later', nested: [{ a: 1 }] } }
    expect(parseEntry(formatEntry(entry), file).connection).toEqual(entry.connection)
  })
})
