import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../host/temporary-directory.js'
import { shell } from './shell.js'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

test.each([
  [['frobnicate'], "Unknown command 'frobnicate'", 'frobnicate'],
  [['list', '--frob'], "Unknown option '--frob'", '--frob'],
  [['list', '--force'], "'list' has no option '--force'", '--force'],
  [['list', 'extra'], "'list' does not take 'extra'", 'extra'],
  [['attach'], "'attach' needs a FILE", 'FILE'],
  [['detach'], "'detach' needs an ID", 'ID'],
  [['detach', 'a', '--connection', '-'], 'not both', '--connection'],
  [['inspect'], "'inspect' needs an ID", 'ID'],
  [['list', '--timeout', 'soon'], "--timeout: 'soon' is not a time such as", '--timeout'],
  [['list', '--timeout', '10'], "--timeout: '10' is not a time such as", '--timeout'],
  [['list', '--timeout', '0s'], '--timeout: timeoutMs', '--timeout'],
  [['list', '--timeout'], "Option '--timeout <value>' argument missing", '--timeout'],
  [['list', '--policy', '{'], '--policy: is not JSON', '--policy'],
  [['list', '--policy', '{"ready":"soon"}'], '--policy: policy.ready:', '--policy'],
  [['list', '--policy', '{"reddy":"udev"}'], '--policy: policy.reddy: is not known', '--policy'],
  [[], 'A command is missing', 'COMMAND'],
])('%j is refused with exit code 2, and what is wrong is named', async (argv, message, argument) => {
  const people = await shell().brickwork(...argv)
  expect(people).toMatchObject({ code: 2, out: '' })
  expect(people.err).toContain(message)
  expect(people.err).toContain('brickwork --help')
  const programs = await shell().brickwork('--json', ...argv)
  expect(programs).toMatchObject({ code: 2, out: '' })
  expect(JSON.parse(programs.err)).toMatchObject({ error: { code: 'ERR_INVALID_ARGUMENT', sideEffects: 'none', details: { argument } } })
})

test.each([
  ['[]', 'must be a JSON object'],
  ['{\n  "id": oops }', 'Standard input is not JSON'],
  ['{"id":"v"}', 'neither an attach request'],
  ['{"connection":{"protocol":"local","path":"/dev/vda"}}', 'give one with --id'],
  ['{"id":"v","connection":{"protocol":"nfs"}}', 'connection'],
  ['{"id":"v","connection":{"protocol":"local","path":"/dev/vda"},"colour":1}', 'request.colour: is not known'],
  ['{"id":"v","connection":{"protocol":"local","path":"/dev/vda"},"timeoutMs":"1s"}', 'timeoutMs'],
  ['{"id":"\\u0000","connection":{"protocol":"local","path":"/dev/vda"}}', 'request.id'],
])('the document %s is refused with exit code 2 before anything of the host is touched', async (document, message) => {
  const { brickwork, files, host } = shell()
  files.set('-', document)
  const { code, err } = await brickwork('attach', '-')
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) as string })
  expect(host.calls).toBe(0)
})

test('help names every command and option; that of a command is its own', async () => {
  const { out, code } = await shell().brickwork('--help')
  expect(code).toBe(0)
  for (const word of ['attach', 'detach', 'list', 'inspect', 'enumerate', 'identity', 'recover', '--state-dir', '--json'])
    expect(out).toContain(word)
  const own = await shell().brickwork('detach', '--help')
  expect(own.out).toContain('--force')
  expect(own.out).not.toContain('--dry-run')
  expect(Math.max(...`${out}${own.out}`.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160)
})

test('--version says the version of the package', async () => {
  expect(await shell().brickwork('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test('what follows -- is an operand', async () => {
  const { code, out } = await shell().brickwork('detach', '--', '--json')
  expect({ code, out }).toEqual({ code: 0, out: '--json is not attached: nothing to do\n' })
})

test('--state-dir, --run-dir and --owner reach the attacher', async () => {
  const { brickwork, host } = shell()
  await brickwork('list', '--state-dir', '/state', '--run-dir', '/runs', '--owner', 'me')
  expect(host.names('/state')).toEqual(['attachments'])
  expect(host.names('/runs')).toEqual(['claims'])
})

test('--trace FILE has what took its time, and a file that cannot be made is an error before anything is done', async () => {
  const directory = await temporaryDirectory()
  const { brickwork } = shell()
  const file = `${directory}/trace.json`
  expect(await brickwork('list', '--trace', file)).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toContainEqual(expect.objectContaining({ name: 'process_name' }))
  expect(await brickwork('list', '--trace', `${directory}/no/trace.json`, '--json')).toMatchObject({
    code: 1,
    err: expect.stringContaining('ENOENT') as string,
  })
})
