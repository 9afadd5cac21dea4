/** The manual pages, as man and mandoc read them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { manualSource } from '../../lib/cli/manual-source.js'
import { manualPages } from '../../scripts/generate/manual.mjs'
import { execute, ROOT } from './built.js'

const pages = manualPages(manualSource())
const folder = join(ROOT, 'build/cli-tests/man')
beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const [name, page] of Object.entries(pages)) writeFileSync(join(folder, name), page)
})

test('there is a page for the command, and one for each of its commands', () => {
  expect(Object.keys(pages)).toEqual(['brickwork.1', ...manualSource().commands.map(({ name }) => `brickwork-${name}.1`)])
})

test.each(Object.keys(pages))('mandoc has nothing to say against %s', async (name) => {
  const { out, err } = await execute('mandoc', ['-T', 'lint', '-W', 'warning', join(folder, name)])
  // A page has no date, so that the same sources make the same page.
  const said = out.split('\n').filter((line) => line !== '' && !line.includes('missing date'))
  expect({ said, err }).toEqual({ said: [], err: '' })
  expect(out).toContain('missing date')
})

test('man shows options, examples and exit codes as the help does', async () => {
  const { code, out, err } = await execute('man', ['-l', join(folder, 'brickwork-attach.1')], { MANWIDTH: '200', LC_ALL: 'C.UTF-8' })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const words = out.replaceAll(/.\u0008/g, '')
  for (const part of [
    'brickwork-attach - Attaches a volume to this host',
    '--policy JSON',
    `'{"ready":"kernel"}'`,
    'brickwork attach request.json --timeout 30s --json | jq -r .device',
    '{ "portal": "192.0.2.10:3260", "iqn": "iqn.2010-10.org.example:vol-1", "lun": 1 },',
    'SEE ALSO',
  ])
    expect(words).toContain(part)
  expect(words).toMatch(/^ +75 +Failed, and the same command may succeed later\.$/m)
})
