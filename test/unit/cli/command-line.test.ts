import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../host/temporary-directory.js'
import { parseCommandLine } from '../../../lib/cli/command-line.js'
import { commands } from '../../../lib/cli/commands.js'
import { wordsOf } from '../../../lib/cli/completion.js'
import { errorTable } from '../../../lib/core/error-table.js'
import { errorCodes } from '../../../lib/core/errors.js'
import { checks } from '../../../lib/forms.js'
import { shell } from './shell.js'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

test.each([
  [['frobnicate'], "Unknown command 'frobnicate'", 'frobnicate', ''],
  [['atach'], "Unknown command 'atach'; did you mean 'attach'?", 'atach', ''],
  [['Verison'], "Unknown command 'Verison'; did you mean 'version'?", 'Verison', ''],
  [['help', 'detatch'], "Unknown command 'detatch'; did you mean 'detach'?", 'detatch', ''],
  [['list', '--frob'], "Unknown option '--frob'", '--frob', 'list '],
  [['attach', '--polcy', '{}'], "Unknown option '--polcy'; did you mean '--policy'?", '--polcy', 'attach '],
  [['list', '--statedir', '/x'], "Unknown option '--statedir'; did you mean '--state-dir'?", '--statedir', 'list '],
  [['list', '--force'], "'list' has no option '--force'; it is an option of 'detach'", '--force', 'list '],
  [['list', '--policy', '{}'], "'list' has no option '--policy'", '--policy', 'list '],
  [['list', '--trace', '/x'], "'list' has no option '--trace'", '--trace', 'list '],
  [['list', 'extra'], "'list' does not take 'extra'", 'extra', 'list '],
  [['attach'], "'attach' needs a FILE", 'FILE', 'attach '],
  [['detach'], "'detach' needs an ID", 'ID', 'detach '],
  [['detach', 'a', '--connection', '-'], 'not both', '--connection', 'detach '],
  [['inspect'], "'inspect' needs an ID", 'ID', 'inspect '],
  [['list', '--timeout', 'soon'], "--timeout: 'soon': not a time such as 500ms, 10s, 2m or 1h", '--timeout', 'list '],
  [['list', '--timeout', '5'], "--timeout: '5': the unit is missing; did you mean 5s?", '--timeout', 'list '],
  [['list', '--timeout', '0s'], "--timeout: '0s': must be from 1ms to 24h", '--timeout', 'list '],
  [['list', '--timeout', '25h'], "--timeout: '25h': must be from 1ms to 24h", '--timeout', 'list '],
  [['list', '--timeout'], "Option '--timeout <value>' argument missing", '--timeout', 'list '],
  [['list', '--owner', ''], '--owner: must not be empty', '--owner', 'list '],
  [['list', '--state-dir', 'rel'], "--state-dir: 'rel': must be an absolute path", '--state-dir', 'list '],
  [['list', '--root', 'rel'], "--root: 'rel': must be an absolute path", '--root', 'list '],
  [['detach', 'v', '--if-missing', 'eror'], "--if-missing: 'eror': must be ok or error; did you mean 'error'?", '--if-missing', 'detach '],
  [['resize', 'v', '--size', 'big'], "--size: 'big': not a size such as 1073741824, 10G or 1.5T", '--size', 'resize '],
  [['attach', '-', '--policy', '{'], '--policy: is not JSON', '--policy', 'attach '],
  [['attach', '-', '--policy', '{"ready":"soon"}'], '--policy: policy.ready:', '--policy', ''],
  [['attach', '-', '--policy', '{"reddy":"udev"}'], "--policy: policy.reddy: is not known; did you mean 'ready'?", '--policy', ''],
  [['--force'], "A command is missing before or after '--force'", 'COMMAND', ''],
  [['--explain', 'ERR_HOLD'], "Unknown error code 'ERR_HOLD'; did you mean 'ERR_HELD'?", 'ERR_HOLD', ''],
])('%j is refused with exit code 2, and the message names what is wrong and the help', async (argv, message, argument, command) => {
  const people = await shell().brickwork(...argv)
  expect(people).toMatchObject({ code: 2, out: '' })
  expect(people.err).toContain(message)
  expect(people.err).toContain(`\`brickwork ${command}--help\``)
  const programs = await shell().brickwork('--json', ...argv)
  expect(programs).toMatchObject({ code: 2, out: '' })
  expect(JSON.parse(programs.err)).toMatchObject({
    version: 1,
    error: { code: 'ERR_INVALID_ARGUMENT', sideEffects: 'none', details: { argument } },
  })
})

test.each([
  ['[]', 'must be a JSON object'],
  ['{\n  "id": oops }', 'Standard input is not JSON: line 2, column 9: a value is expected'],
  ['  \n', 'Standard input is empty'],
  ['{"id":"v"}', 'neither an attach request'],
  ['{"id":"v","conection":{}}', "(driver_volume_type and data); did you mean 'connection'?"],
  [
    '{"id":"v","connection":{"protocol":"isci"}}',
    "request.connection.protocol: must be 'iscsi' or 'nvme' or 'fibre-channel' or 'local'; did you mean 'iscsi'?",
  ],
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

test('help names every command; that of a command has only its own options', async () => {
  const { out, code } = await shell().brickwork('--help')
  expect(code).toBe(0)
  for (const { name } of commands) expect(out).toContain(`\n  ${name} `)
  const own = await shell().brickwork('detach', '--help')
  expect(own.out).toContain('--force')
  expect(own.out).toContain('--json')
  expect(own.out).not.toContain('--dry-run')
  const list = await shell().brickwork('list', '--help')
  for (const none of ['--policy', '--trace', '--id']) expect(list.out).not.toContain(none)
  expect(Math.max(...`${out}${own.out}`.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160)
})

test('brickwork alone prints the help, and so does the command help', async () => {
  const { out } = await shell().brickwork('--help')
  expect(await shell().brickwork()).toEqual({ code: 0, out, err: '' })
  expect(await shell().brickwork('help')).toEqual({ code: 0, out, err: '' })
  expect(await shell().brickwork('help', 'attach')).toEqual(await shell().brickwork('attach', '--help'))
})

test.each(commands.map((command) => [command.name, command] as const))(
  '%s has examples, which the command line accepts',
  async (name, command) => {
    expect(command.examples.length).toBeGreaterThan(0)
    const { out } = await shell().brickwork(name, '--help')
    for (const { line } of command.examples) {
      expect(out).toContain(`\n  ${line}\n`)
      const [only = ''] = line.split(/ [|<] /)
      const [first, ...words] = wordsOf(only)
      expect({ first, ...parseCommandLine(words) }).toMatchObject({ first: 'brickwork', kind: 'run', command: { name } })
    }
  },
)

test('the request in the help of attach is one that attach takes', async () => {
  const { out } = await shell().brickwork('attach', '--help')
  const [text = ''] = /^ {2}\{\n.*?^ {2}\}$/ms.exec(out) ?? []
  expect(checks.request(JSON.parse(text))).toMatchObject({ id: 'vol-1', connection: { protocol: 'iscsi' } })
})

test('a default time-out is named only where there is one', async () => {
  const timeout = async (name: string) => /^ +--timeout TIME +(.*)$/m.exec((await shell().brickwork(name, '--help')).out)?.[1]
  expect(await timeout('attach')).toContain('default 60s')
  expect(await timeout('watch')).toBe('end after this time: 500ms, 10s, 2m, 1h; default: never')
  expect(await timeout('enumerate')).toContain('With --follow it ends after this time; default: never')
})

test.each([['--version'], ['-V'], ['version']])('%s prints the version of the package', async (word) => {
  expect(await shell().brickwork(word)).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test.each(errorCodes.map((code) => [code] as const))(
  '--explain %s says what it means, whether to try again and what may be left',
  async (code) => {
    const { meaning, sideEffects, retryable } = errorTable[code]
    const { out, code: exit } = await shell().brickwork('--explain', code)
    expect(exit).toBe(0)
    expect(out).toContain(`${code}: ${meaning.replaceAll('`', '')}\n`)
    expect(out).toMatch(/^What to do: {2}\S/m)
    expect(out).toMatch(retryable ? /^Try again: {3}yes/m : /^Try again: {3}no/m)
    expect([...out.matchAll(/^ {2}(none|undone|pending|left) /gm)].map(([, effect]) => effect)).toEqual(sideEffects)
  },
)

test('--explain takes a code in any spelling', async () => {
  const { out } = await shell().brickwork('--explain', 'ERR_HELD')
  for (const spelling of ['err_held', 'held']) expect((await shell().brickwork('--explain', spelling)).out).toBe(out)
})

test('what follows -- is an operand', async () => {
  const { code, out } = await shell().brickwork('detach', '--', '--json')
  expect({ code, out }).toEqual({ code: 0, out: '--json is not attached: nothing to do\n' })
})

test('--state-dir, --run-dir and --owner reach the attacher', async () => {
  const { brickwork, host } = shell()
  await brickwork('recover', '--state-dir', '/state', '--run-dir', '/runs', '--owner', 'me')
  expect(host.names('/state')).toEqual(['attachments'])
  expect(host.names('/runs')).toEqual(['claims'])
})

test('--trace FILE has what took its time, and a file that cannot be made is an error before anything is done', async () => {
  const directory = await temporaryDirectory()
  const { brickwork } = shell()
  const file = `${directory}/trace.json`
  expect(await brickwork('recover', '--trace', file)).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toContainEqual(expect.objectContaining({ name: 'process_name' }))
  expect(await brickwork('recover', '--trace', `${directory}/no/trace.json`, '--json')).toMatchObject({
    code: 1,
    err: expect.stringContaining('ENOENT') as string,
  })
})
