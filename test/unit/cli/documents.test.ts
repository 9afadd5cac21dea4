import Ajv from 'ajv'
import { expect, test } from 'vitest'

import { commands } from '../../../lib/cli/commands.js'
import { inputSchemas } from '../../../lib/input-schemas.js'
import { checks } from '../../../lib/forms.js'
import { shell } from './shell.js'
import { checkDocument } from './documents.js'

test('every command that prints documents has a schema, which refuses other documents', () => {
  for (const { name, answers } of commands)
    if (answers !== 'text') expect(() => checkDocument(`answer-${name}`, '{"version":1,"x":1}')).toThrow('does not match the schema')
})

test('the check finds a field too much, a field too few and a missing version', () => {
  const path = { device: '/dev/sda' }
  const attachment = {
    ...{ id: 'v', owner: 'o', state: 'attached', protocol: 'iscsi', kind: 'block', path: '/dev/sda', device: '/dev/sda', present: true },
    paths: [path],
  }
  const check = (document: object) => () => checkDocument('answer-list', JSON.stringify(document))
  expect(check({ version: 1, attachments: [attachment] })).not.toThrow()
  expect(check({ version: 1, attachments: [{ ...attachment, more: 1 }] })).toThrow('additional properties')
  expect(check({ version: 1, attachments: [{ ...attachment, paths: [{}] }] })).toThrow("required property 'device'")
  expect(check({ attachments: [attachment] })).toThrow("required property 'version'")
  expect(check({ version: 2, attachments: [attachment] })).toThrow('version')
})

test('failures, events and usage errors are documents with a version', async () => {
  const { err } = await shell().brickwork('inspect', 'nope', '--json')
  expect(JSON.parse(err)).toMatchObject({ version: 1, error: { code: 'ERR_NOT_ATTACHED', retryable: false } })
})

const iscsi = { protocol: 'iscsi', targets: [{ portal: '192.0.2.1:3260', iqn: 'iqn.2024-01.org.example:v', lun: 1 }] }
test.each([
  [{ id: 'v', connection: iscsi }, true],
  [{ id: 'v', connection: { ...iscsi, auth: { username: 'u', secret: 'a-secret' } }, policy: { paths: { min: 'all' } } }, true],
  [{ id: 'v', connection: { protocol: 'local', path: '/dev/vda' }, expected: { sizeBytes: 1_073_741_824 } }, true],
  [{ id: 'v', connection: iscsi, polcy: {} }, false],
  [{ id: 'v', connection: { ...iscsi, auth: { username: 'u', secret: 5 } } }, false],
  [{ id: 'v', connection: { protocol: 'nfs' } }, false],
  [{ connection: iscsi }, false],
])('the schema of a request and the library agree on %j', (request, valid) => {
  const ajv = new Ajv()
  expect(ajv.validate(inputSchemas().request, request)).toBe(valid)
  const accepts = () => checks.request(request)
  if (valid) expect(accepts).not.toThrow()
  else expect(accepts).toThrow()
})
