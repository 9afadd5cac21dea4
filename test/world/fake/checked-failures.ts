/** Checks every error with which a call of an attacher fails: what an operator and a metric need from it. */
import { ok } from 'node:assert'
import type { Attacher } from '../../../lib/index.js'
import { isBrickworkError } from '../../../lib/index.js'

const OPERATIONS: ReadonlySet<PropertyKey> = new Set(['attach', 'detach', 'resize', 'forget'])

/** The same attacher. Calls each error of its operations by `note`. */
export function notingFailures(attacher: Attacher, note: (error: unknown) => void): Attacher {
  return new Proxy(attacher, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const call = member as (this: Attacher, ...given: unknown[]) => unknown
      return (...given: unknown[]) => {
        const answer = call.apply(target, given)
        if (OPERATIONS.has(name)) void (answer as Promise<unknown>).catch(note)
        return answer
      }
    },
  })
}

/** @throws with the reason if the error lacks something, or repeats itself. `fields`: the documented details of each code. */
export function checkFailure(error: unknown, fields: ReadonlyMap<string, readonly string[]>): void {
  ok(isBrickworkError(error), `not an error of the library: ${String(error)}`)
  const { code, step, message, attempts, details } = error
  const what = `${code} at ${String(step)}: ${message}`
  ok(step !== undefined || code === 'ERR_INVALID_ARGUMENT', `without a step: ${what}`)
  for (const attempt of attempts) {
    ok(
      attempt.step.length > 0 && attempt.code.startsWith('ERR_') && attempt.path !== '',
      `an attempt lacks something: ${JSON.stringify(attempt)}`,
    )
    ok(repeatedIn(attempt.message) === undefined, `an attempt says twice "${String(repeatedIn(attempt.message))}": ${attempt.message}`)
  }
  ok(repeatedIn(message) === undefined, `it says twice "${String(repeatedIn(message))}": ${message}`)
  const known = [...(fields.get('every code') ?? []), ...(fields.get(code) ?? [])]
  const more = Object.keys(details).filter((field) => !known.includes(field))
  ok(more.length === 0, `details that no document names: ${more.join(', ')}: ${what}`)
}

/** The first part of a message that occurs in it twice: a sentence, a reason or an advice. */
export function repeatedIn(message: string): string | undefined {
  const parts = message
    .split(/[.;:]\s+|\s*[()]\s*|\n/)
    .map((part) => part.trim().replace(/\.$/, ''))
    .filter((part) => part.includes(' '))
  return parts.find((part, index) => parts.indexOf(part) !== index)
}

/** The table "Details" of docs/errors.md. */
export function documentedDetails(text: string): ReadonlyMap<string, readonly string[]> {
  const rows = [...text.matchAll(/^\| (`ERR_\w+`|every code) \| ((?:`\w+`(?:, )?)*|–) \|/gm)]
  return new Map(
    rows.map(([, code = '', names = '']) => [code.replaceAll('`', ''), [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)]),
  )
}
