/** What becomes of a command whose answer nobody takes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../unit/host/temporary-directory.js'
import { bash, built } from './built.js'

const { main, fake } = built()
/** A stream looks for its reader five times a second. The rest is the start of a process on a busy machine. */
const PROMPT_MS = 30_000
const request = JSON.stringify({
  id: 'new',
  connection: {
    protocol: 'iscsi',
    targets: [1, 2, 3].map((network) => ({ portal: `10.99.${network}.1:3260`, iqn: 'iqn.2024-01.org.example:vol', lun: 1 })),
  },
})

const quotedRequest = `'${request}'`

test('a follow of the real host ends when its reader has gone, although nothing changes', async () => {
  const folder = await temporaryDirectory()
  const line = `brickwork enumerate --follow --state-dir ${folder}/s --run-dir ${folder}/r | head -1; echo "\${PIPESTATUS[0]}"`
  const { out, err, ms } = await bash(main, line)
  expect({ out, err }).toEqual({ out: 'Volumes\n0\n', err: '' })
  expect(ms).toBeLessThan(PROMPT_MS)
})

test('a watch ends with the grep that has found its line', async () => {
  const { out, err, ms } = await bash(fake, `brickwork watch --json | grep -m 1 degraded; echo "\${PIPESTATUS[0]}"`, {
    FAKE_ATTACHED: '["vol-a"]',
  })
  const [event = '', code] = out.split('\n')
  expect(JSON.parse(event)).toMatchObject({ version: 1, id: 'vol-a', health: 'degraded' })
  expect({ code, err }).toEqual({ code: '0', err: '' })
  expect(ms).toBeLessThan(PROMPT_MS)
})

test.each([
  ['list', []],
  ['--help', []],
  ['enumerate', []],
  ['enumerate --follow', []],
  ['watch', ['vol-a']],
])('%s > /dev/full ends at once with an error', async (command, attached) => {
  const { code, err, ms } = await bash(fake, `brickwork ${command} > /dev/full`, { FAKE_ATTACHED: JSON.stringify(attached) })
  expect({ code, err }).toEqual({
    code: 1,
    err: 'brickwork: the answer could not be written: ENOSPC: no space left on device, write\n',
  })
  expect(ms).toBeLessThan(PROMPT_MS)
})

test.each(['> /dev/full', '| (exec <&-; sleep 2)'])(
  'an attach whose answer is lost (%s) ends in order, stays, and says so',
  async (where) => {
    const report = join(await temporaryDirectory(), 'report.json')
    const line = `brickwork attach - --json <<< ${quotedRequest} ${where}; exit "\${PIPESTATUS[0]}"`
    const { code, err } = await bash(fake, line, { FAKE_REPORT: report })
    expect(code).toBe(1)
    expect(JSON.parse(err)).toMatchObject({
      version: 1,
      error: { code: 'ERR_KERNEL', sideEffects: 'left', details: { errno: where.includes('full') ? 'ENOSPC' : 'EPIPE', syscall: 'write' } },
    })
    expect(err).toContain('repeat it to see the answer')
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual({ journal: 1, sessions: 3 })
  },
)

test('an answer that is read in time is no error', async () => {
  expect(await bash(fake, 'brickwork list | cat')).toMatchObject({ code: 0, out: 'Nothing is attached.\n', err: '' })
})
