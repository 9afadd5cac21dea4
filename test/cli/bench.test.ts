/** `brickwork bench` as a process: its question at a terminal, and an interrupt. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { FakeHost } from '../../lib/testing/index.js'
import { temporaryDirectory } from '../unit/host/temporary-directory.js'
import { bash, built, quoted } from './built.js'
import { type Step, terminal } from './terminal.js'

const { fake } = built()
/** As the command's fake host makes it. */
const wwid = `naa.${new FakeHost().storage.volume('vol-1', { sizeMb: 64 }).naa ?? ''}`
const targets = [1, 2, 3].map((network) => ({ portal: `10.99.${network}.1:3260`, iqn: 'iqn.2024-01.org.example:vol', lun: 1 }))
const file = JSON.stringify({ volumes: [{ connection: { protocol: 'iscsi', targets }, expected: { wwid } }] })

/** Runs a bench of the file at a terminal, with these steps. */
async function atTerminal(steps: readonly Step[], env: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryDirectory()
  writeFileSync(join(folder, 'volumes.json'), file)
  const command = `${quoted(process.execPath)} ${quoted(fake)} bench ${quoted(join(folder, 'volumes.json'))}`
  const { out, err } = await terminal(
    ['bash', '-c', `trap : INT; ${command} > ${folder}/answer; echo "code $?"`],
    [...steps, ['expect', 'code \\d+'], ['end']],
    { PATH: process.env['PATH'] ?? '', HOME: '/', TERM: 'xterm', FAKE_REPORT: join(folder, 'report.json'), ...env },
  )
  expect(err).toBe('')
  const left: unknown = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  return { code: /code (\d+)/.exec(out)?.[1], out, answer: readFileSync(join(folder, 'answer'), 'utf8'), left }
}
const nothing = { journal: 0, sessions: 0 }

test('at a terminal bench asks first; after a yes it answers and leaves nothing', async () => {
  const { code, out, answer, left } = await atTerminal([
    ['expect', 'Go on\\? \\[y/N\\] '],
    ['type', 'y\r'],
  ])
  expect({ code, left }).toEqual({ code: '0', left: nothing })
  expect(out).toContain('Attaches this volume read-only to this host and detaches it again, 3 times')
  expect(answer).toMatch(/^1 volume, 3 rounds, at most 1 at once/)
})

test.each([
  ['a no', 'n\r'],
  ['an empty line', '\r'],
  ['the end of the input', '\u0004'],
  ['an interrupt', '\u0003'],
])('%s at the question ends bench before anything is done', async (_, typed) => {
  const { code, out, answer, left } = await atTerminal([
    ['expect', 'Go on\\? \\[y/N\\] '],
    ['type', typed],
  ])
  expect({ code, answer, left }).toEqual({ code: '1', answer: '', left: nothing })
  expect(out).toContain('ERR_ABORTED')
  expect(out).toContain('nothing was changed on this host')
})

test('without a terminal bench does nothing, unless --yes is given', async () => {
  const refused = await bash(fake, `brickwork bench - <<< ${quoted(file)}`)
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.err).toContain('use --yes')
  const report = join(await temporaryDirectory(), 'report.json')
  const done = await bash(fake, `brickwork bench - --yes --rounds 1 --json <<< ${quoted(file)}`, { FAKE_REPORT: report })
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(done.out)).toMatchObject({ version: 1, volumes: 1, rounds: 1 })
  expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(nothing)
})

test('an interrupt while volumes are attached detaches them', async () => {
  const { code, out, left } = await atTerminal(
    [
      ['expect', 'Go on\\? \\[y/N\\] '],
      ['type', 'y\r'],
      ['expect', 'paths up'],
      ['type', '\u0003'],
    ],
    { FAKE_SLOW: '0.05' },
  )
  expect({ code, left }).toEqual({ code: '1', left: nothing })
  expect(out).toMatch(/ERR_ABORTED[^]*everything that was created was rolled back/)
})
