/** Completion in real shells, which npm run setup installs. A shell that is missing fails its test. */
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { built, execute, quoted, ROOT } from './built.js'
import { terminal } from './terminal.js'

const { fake, main } = built()
const env = { FAKE_ATTACHED: JSON.stringify(['vol-a', 'with space', 'iqn.2024-01.org.example:x']), TERM: 'xterm' }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brickwork-completion-'))
  mkdirSync(join(folder, 'files'))
  for (const file of ['request.json', 'other file.json']) writeFileSync(join(folder, 'files', file), '{}')
  const command = join(folder, 'brickwork')
  writeFileSync(command, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(fake)} "$@"\n`)
  chmodSync(command, 0o755)
})
afterAll(() => rm(folder, { recursive: true, force: true }))
const path = () => ({ ...env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder })

/** Types a line with a tab behind it, and returns what the shell has made of it. */
async function typed(shell: readonly string[], setUp: string, line: string, expected: string): Promise<string> {
  const { out, err } = await terminal(
    shell,
    [
      ['type', `PS1='$ '; cd ${quoted(join(folder, 'files'))}; ${setUp}; echo re''ady\r`],
      ['expect', 'ready\r?\n.*\\$ '],
      ['type', `${line}\t`],
      ['expect', expected],
    ],
    path(),
  )
  expect(err).toBe('')
  return out
}

const lines = [
  ['brickwork att', 'brickwork att(ach|.*ach) '],
  ['brickwork detach --fo', '--fo(rce|.*rce) '],
  ['brickwork detach vol', 'vol(-a|.*-a) '],
  ['brickwork inspect with', 'with(\\\\ space|.*\\\\ space) '],
  ['brickwork inspect iqn.2024-01.org.example:', 'example(:|\\\\:)(x|.*x) '],
  ['brickwork attach req', 'req(uest.json|.*uest.json) '],
  ['brickwork attach ./oth', 'oth(er\\\\ file.json|.*er\\\\ file.json) '],
  ['brickwork --explain ERR_HEL', 'ERR_HEL(D|.*D) '],
] as const

test.each(lines)('bash completes %j', async (line, expected) => {
  await typed(['bash', '--norc', '--noprofile', '-i'], 'source <(brickwork completion bash)', line, expected)
})

test.each(lines)('zsh completes %j', async (line, expected) => {
  const setUp = `autoload -U compinit; compinit -u -D; source <(brickwork completion zsh)`
  await typed(['zsh', '-f', '-i'], setUp, line, expected)
})

test.each([
  ['brickwork att', 'attach\tAttaches a volume'],
  ['brickwork detach --fo', '--force\t'],
  ['brickwork detach vol', 'vol-a\tattachment'],
  ['brickwork inspect with', 'with space\tattachment'],
  ['brickwork inspect iqn.2024-01.org.example:', 'iqn.2024-01.org.example:x\t'],
  ['brickwork attach req', 'request.json'],
  ['brickwork --explain ERR_HEL', 'ERR_HELD'],
])('fish completes %j', async (line, expected) => {
  const script = `cd ${quoted(join(folder, 'files'))}; brickwork completion fish | source; complete --do-complete ${quoted(line)}`
  const { code, out, err } = await execute('fish', ['--no-config', '--command', script], path())
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const words = out.split('\n').filter((word) => word !== '')
  expect(words).toHaveLength(1)
  expect(words[0]).toContain(expected)
})

test('the ids are those of the host that --root names', async () => {
  const root = join(folder, 'host')
  cpSync(join(ROOT, 'test/fixtures/state/v1'), join(root, 'var/lib/brickwork'), { recursive: true })
  const command = [process.execPath, main, 'completion', 'words', '--', '--root', root, '--owner', 'agent', 'detach', 'volume-']
  const mounts = ['proc', 'sys', 'dev'].map(
    (name) => `mkdir ${quoted(join(root, name))}; mount --rbind /${name} ${quoted(join(root, name))}`,
  )
  const { out, err } = await execute('unshare', ['--mount', 'sh', '-ec', `${mounts.join('\n')}\nexec ${command.map(quoted).join(' ')}`])
  expect(err).toBe('')
  expect(out).toContain('volume-3\tattachment\n')
})
