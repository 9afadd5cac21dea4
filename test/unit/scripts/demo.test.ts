/** What `npm run demo` says in the end: it is the first thing that a newcomer reads of the project. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect, test } from 'vitest'

import { allCommands } from '../../../lib/cli/commands.js'

const ROOT = resolve(import.meta.dirname, '../../..')
const { closing, next, opening } = (await import(pathToFileURL(join(ROOT, 'scripts/demo/words.mjs')).href)) as {
  closing: (end: { program: string; good: boolean; message: string | undefined; took: string; setUp: string }) => string[]
  next: (program: string) => readonly (readonly [what: string, why: string])[]
  opening: (kind: string) => readonly string[]
}
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const end = { program: 'main', good: true, message: undefined, took: '40.1 s', setUp: '3.0 s' }

test('a demonstration that went well ends with what to do next', () => {
  const lines = closing(end)
  expect(lines.slice(0, 4)).toEqual(['', 'All promises were kept. It took 40.1 s, and 3.0 s for the set-up.', '', 'Next:'])
  expect(lines).toHaveLength(4 + next('main').length)
  expect(lines.join('\n')).toContain('npx brickwork doctor')
  for (const line of [...lines, ...opening('iscsi'), ...opening('nvme')]) expect(line.length).toBeLessThanOrEqual(140)
})

test.each([...next('main'), ...next('nvme').slice(-1)])('%s exists', (what) => {
  const [, name] = /^npx brickwork (?:help )?([a-z-]+)$/.exec(what) ?? []
  const [, script] = /^npm run ([a-z:]+)/.exec(what) ?? []
  if (name !== undefined) expect(allCommands.map((command) => command.name)).toContain(name)
  else if (script !== undefined) expect(Object.keys(scripts)).toContain(script)
  else expect(existsSync(join(ROOT, what))).toBe(true)
})

test('one that did not go well says so, and names nothing to do next but to report or repeat it', () => {
  const broken = closing({ ...end, good: false }).join('\n')
  expect(broken).toContain('NOT kept')
  const dead = closing({ ...end, good: false, message: 'the guest ended before its command' }).join('\n')
  expect(dead).toContain('did not come to its end: the guest ended before its command')
  for (const text of [broken, dead]) expect(text).not.toContain('Next:')
})
