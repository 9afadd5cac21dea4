/** The commands doctor and support-bundle. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeHost } from '../../../lib/testing/index.js'
import { connection, shell, shellWithVolume } from './shell.js'

test('a host without a problem: exit code 0, warnings first, then what is ok by group', async () => {
  const { brickwork } = shell()
  const { code, out, err } = await brickwork('doctor')
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^Warnings\n {2}tools\.multipath: multipath and multipathd are not installed/)
  expect(out).toMatch(/\n {6}multipath {2,}missing\n/)
  expect(out).toMatch(/\n {6}→ Install multipath-tools/)
  expect(out).toMatch(/\n[0-9]+ of [0-9]+ checks are ok\n {2}host {2,}linux, root, kernel/)
})

test('a problem comes first, with its code, and ends with exit code 1', async () => {
  const { brickwork } = shell(new FakeHost({ iscsid: false }))
  const { code, out } = await brickwork('doctor')
  expect(code).toBe(1)
  expect(out).toMatch(
    /^Problems: an attach fails\n {2}iscsi\.daemon: iscsid does not run, and nothing starts it \(ERR_DAEMON_UNREACHABLE\)\n/,
  )
})

test('--json prints the report', async () => {
  const { brickwork } = shell()
  const { code, out } = await brickwork('doctor', '--json')
  const report = JSON.parse(out) as { answer: string; checks: { id: string }[] }
  expect([code, report.answer]).toEqual([0, 'warning'])
  expect(report.checks.map(({ id }) => id)).toContain('host.kernel')
})

test('--connection checks the portals, and --login logs in and out', async () => {
  const { brickwork, files, host } = shellWithVolume()
  files.set('connection.json', JSON.stringify(connection))
  const { code, out } = await brickwork('doctor', '--connection', 'connection.json', '--login', '--json')
  const { checks } = JSON.parse(out) as { checks: { id: string; answer: string }[] }
  const answers = Object.fromEntries(checks.map(({ id, answer }) => [id, answer]))
  expect([code, answers['iscsi.portals'], answers['iscsi.login']]).toEqual([0, 'ok', 'ok'])
  expect(host.names('/sys/class/iscsi_session')).toEqual([])
})

test('--login needs a connection', async () => {
  const { code, err } = await shell().brickwork('doctor', '--login')
  expect([code, err]).toEqual([2, expect.stringContaining('needs --connection FILE')])
})

test('support-bundle writes a file for its owner only, and never over another one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-bundle-'))
  try {
    const file = join(folder, 'bundle.json')
    const { brickwork } = shell()
    expect(await brickwork('support-bundle', file)).toMatchObject({ code: 0, out: `Wrote ${file}. Read it before you pass it on.\n` })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ schema: 1, doctor: { answer: 'warning' } })
    expect(await brickwork('support-bundle', file)).toMatchObject({ code: 2, err: expect.stringContaining('EEXIST') as unknown })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('support-bundle prints to standard output without a file', async () => {
  const { code, out } = await shell().brickwork('support-bundle', '--anonymous')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ schema: 1 })
  expect(out).not.toContain('iqn.')
})
