/** The model of the protocol (test/model) names functions that exist, and each error planted in it can be planted in lib too. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PLANTED_ERRORS, SCOPES } from '../../../scripts/model/runs.mjs'
import { brokenIn, stepsIn } from '../../../scripts/model/trail.mjs'
import { mutations } from '../../../scripts/mutations/patches.mjs'

const ROOT = resolve(import.meta.dirname, '../../..')
const FOLDER = join(ROOT, 'test/model')
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.pml'))
const textOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

/** The label of each step of an agent, and the comment behind it. `end` marks the states in which the host and fate may stay. */
const steps = files.flatMap((name) =>
  [...textOf(name).matchAll(/^(\w+):(?: \/\* (.*) \*\/)?$/gm)]
    .filter(([, label]) => label !== 'end')
    .map(([, label = '', comment = '']) => ({ name, label, comment })),
)
const functionsOf = (comment: string) =>
  comment.split('; ').flatMap((part) => {
    const [file = '', names = ''] = part.split(': ')
    return names.split(', ').map((each) => ({ file, name: each }))
  })
function declares(file: string, name: string): boolean {
  if (!file.startsWith('lib/') || !existsSync(join(ROOT, file))) return false
  const escaped = name.replaceAll('#', '\\#')
  const declaration = new RegExp(
    `(?:function |const )${escaped}\\b|^ {2}(?:async |readonly )?${escaped}(?:<[^>]*>)?\\(|^ {4}${escaped}: async`,
    'm',
  )
  return declaration.test(readFileSync(join(ROOT, file), 'utf8'))
}

describe('each step of an agent', () => {
  test('has a label', () => {
    expect(steps.length).toBeGreaterThan(35)
  })
  test.each(steps.map(({ name, label, comment }) => [`${name} ${label}`, comment] as const))(
    'names functions of lib that are there: %s',
    (_at, comment) => {
      expect(functionsOf(comment).filter(({ file, name }) => !declares(file, name))).toEqual([])
    },
  )
})

describe('each planted error', () => {
  const all = mutations(ROOT)
  test.each(PLANTED_ERRORS.map(({ name, mutation }) => [name, mutation] as const))(
    'is planted in lib too, and played over FakeHost: %s',
    (_name, mutation) => {
      expect(all.find((each) => each.name === mutation)?.test.file).toBe('test/fake/model.test.ts')
    },
  )
  test('and each scope uses macros that the model knows', () => {
    const model = files.map(textOf).join('\n')
    const macros = [...SCOPES, ...PLANTED_ERRORS].flatMap(({ define }) => [...Object.keys(define), ...Object.values(define).map(String)])
    expect(macros.filter((macro) => /^[A-Z]/.test(macro) && !new RegExp(`\\b${macro}\\b`).test(model))).toEqual([])
  })
})

describe('a counter-example', () => {
  const line = (file: string, text: string) =>
    textOf(file)
      .split('\n')
      .findIndex((each) => each.includes(text)) + 1
  const at = (who: string, file: string, number: number, act: string) => ` 30:\tproc  2 (${who}:1) /m/${file}:${number} (state 1)\t[${act}]`

  test('is told by labels and by what changes on the host', () => {
    const output = [
      at('Agent', 'login.pml', line('login.pml', 'window[a] = 1; write()'), 'window[a] = 1'),
      at('Agent', 'steps.pml', 3, 'claim[a] = 1'),
      at('Iscsid', 'host.pml', 5, 'ses = 1'),
      at('Iscsid', 'host.pml', 5, 'i = 0'),
    ].join('\n')
    expect(stepsIn(FOLDER, output)).toEqual(['agent 1: in_time', 'iscsid: ses = 1'])
  })
  test.each([
    ['login-once', 'login.pml', 'assert('],
    ['no-logout-under-disks', 'host.pml', 'assert('],
    ['clean-end', 'protocol.pml', 'assert('],
    ['owned', 'steps.pml', 'stillOwned'],
    ['no-deadlock', '', ''],
  ])('breaks %s', (property, file, text) => {
    const error = file === '' ? 'invalid end state' : `spin: /m/${file}:${line(file, text)}, Error: assertion violated`
    expect(brokenIn(FOLDER, error)).toBe(property)
  })
})
