/** The progress view on a real pseudo terminal. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { TestScreen } from '../unit/cli/screen.js'
import { temporaryDirectory } from '../unit/host/temporary-directory.js'
import { built, quoted } from './built.js'
import { type Step, terminal } from './terminal.js'

const { fake } = built()
const [COLUMNS, ROWS] = [70, 24]
const targets = [1, 2, 3, 4].map((network) => ({ portal: `10.99.${network}.1:3260`, iqn: 'iqn.2024-01.org.example:vol', lun: 1 }))
const TITLE = 'attach of new: 3 of 4 paths up, \\d'
const ATTACHED = 'new is attached as /dev/dm-'

interface Run {
  readonly options?: string
  /** Where standard output goes. Default: to the terminal. */
  readonly to?: string
  readonly env?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
}
/** Attaches in a shell. The mode of the terminal and the exit code are printed at the end. */
async function attach({ options = '', to = '', env = {}, steps = [['expect', TITLE]] }: Run) {
  const folder = await temporaryDirectory()
  writeFileSync(join(folder, 'request.json'), JSON.stringify({ id: 'new', connection: { protocol: 'iscsi', targets } }))
  const command = `${quoted(process.execPath)} ${quoted(fake)} attach request.json ${options}`
  const script = `cd ${quoted(folder)}; mode=$(stty -g); ${command} ${to}; code=$?; [ "$mode" = "$(stty -g)" ] && echo same mode, code $code`
  const { PATH = '' } = process.env
  const size = { SIZE: `${ROWS}x${COLUMNS}` }
  const { code, out, err } = await terminal(['bash', '-c', `trap : INT; ${script}`], [...steps, ['end']], {
    PATH,
    HOME: '/',
    TERM: 'xterm',
    FAKE_SLOW: '1',
    ...size,
    ...env,
  })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const screen = new TestScreen(COLUMNS)
  screen.write(out)
  return { out, screen, answer: (name: string) => readFileSync(join(folder, name), 'utf8') }
}

test('an attach shows its paths while it runs; then only the answer is on the terminal', async () => {
  const { out, screen } = await attach({
    steps: [['expect', `${TITLE}.*10.99.1.1:3260  up.*10.99.4.1:3260  probe .*waiting for the portal to answer`]],
  })
  expect(out).toContain('\u001b[32mup\u001b[39m')
  expect(screen.rows[0]).toContain(ATTACHED)
  expect(screen.rows.at(-1)).toBe('same mode, code 0')
  expect(screen.rows.join('\n')).not.toMatch(/paths up|waiting/)
  expect(screen.strange).toEqual([])
})

test('an answer that goes to a file is the same as without a terminal, and nothing is left on the terminal', async () => {
  const { screen, answer } = await attach({ to: '> answer.txt' })
  expect(screen.rows).toEqual(['same mode, code 0'])
  expect(answer('answer.txt').startsWith(ATTACHED)).toBe(true)
  expect(answer('answer.txt')).not.toContain('\u001b')
})

test('NO_COLOR leaves the view, without colours', async () => {
  const { out, screen } = await attach({ env: { NO_COLOR: '1' } })
  expect(out).not.toMatch(/\u001b\[[0-9;]*m/)
  expect(screen.rows[0]).toContain(ATTACHED)
})

test.each([
  ['a dumb terminal', { env: { TERM: 'dumb' } }],
  ['--json', { options: '--json' }],
  ['errors that go to a file', { to: '2> errors.txt', env: { NO_COLOR: '1' } }],
])('there is no view with %s', async (_, how) => {
  const { out } = await attach({ ...how, steps: [] })
  expect(out).not.toContain('\u001b')
  expect(out).not.toContain('paths up')
})

/** All paths are wanted, and time passes slowly, so that the portal that is silent has not failed yet when the keys arrive. */
const patient = { options: `--policy '{"paths":{"min":"all"}}'`, env: { FAKE_SLOW: '0.1' } }

test('an interrupt rolls back, erases the view, and leaves the error alone', async () => {
  const { screen } = await attach({
    ...patient,
    steps: [
      ['expect', TITLE],
      ['type', '\u0003'],
    ],
  })
  expect(screen.rows[0]).toMatch(/^brickwork: ERR_ABORTED: /)
  expect(screen.rows.at(-1)).toBe('same mode, code 1')
  expect(screen.rows.join('\n')).not.toMatch(/paths up|waiting for the/)
})

test('a second interrupt ends the command at once, and erases the view too', async () => {
  const { screen } = await attach({
    ...patient,
    steps: [
      ['expect', TITLE],
      ['type', '\u0003'],
      ['expect', 'waiting for (?!the portal to answer)'],
      ['type', '\u0003'],
    ],
  })
  // The terminal itself shows the key.
  expect(screen.rows.map((row) => row.replace('^C', ''))).toEqual(['same mode, code 1'])
})

test('an attach that fails leaves the error alone', async () => {
  const { screen } = await attach({ options: `--policy '{"paths":{"min":"all"}}' --timeout 4s` })
  expect(screen.rows[0]).toMatch(/^brickwork: ERR_/)
  expect(screen.rows.at(-1)).toMatch(/^same mode, code (1|75)$/)
  expect(screen.rows.join('\n')).not.toMatch(/paths up|waiting for the/)
})

test('on a narrow terminal each line has a row of its own', async () => {
  const { out } = await attach({ env: { SIZE: '6x24' }, steps: [['expect', 'attach of new: 3 of 4 …']] })
  const narrow = new TestScreen(24)
  const [view = ''] = out.split(ATTACHED.slice(0, 10))
  narrow.write(view.slice(0, view.lastIndexOf('\u001b[J')))
  expect(narrow.rows[0]).toBe('attach of new: 3 of 4 …')
  expect(narrow.rows.length).toBeLessThanOrEqual(5)
})
