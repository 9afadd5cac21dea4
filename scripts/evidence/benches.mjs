// Results of benches. Each bench keeps them in a file of its own.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { builtTests } from '../built.mjs'
import { readJson } from '../lab/json.mjs'
import { modelScope, nativeBenchScope, stormScope } from './scopes.mjs'

/** @typedef {{ readonly name: string, readonly words: readonly string[], readonly scope: import('./tree.mjs').Scope, readonly last: import('./status.mjs').Recorded | undefined }} Bench */
/** What a bench records about a run or a row. @typedef {{ tree?: string, on?: string }} Stamp */

/** A figure that misses its target is still a result: only the tree counts. @param {Stamp | undefined} stamp @returns {Bench['last']} */
const recorded = (stamp) => stamp && { tree: stamp.tree ?? '', on: stamp.on ?? 'an earlier day', passed: 1, failed: 0, skipped: 0 }

/** @param {string} root @returns {Promise<readonly Bench[]>} */
export async function benches(root) {
  const { ROWS } = /** @type {typeof import('../../test/bench/row.js')} */ (await builtTests('bench/row.js'))
  /** @param {string} name */
  const read = (name) => {
    const file = join(root, 'docs/evidence/bench', name)
    return existsSync(file) ? /** @type {Stamp & { measured?: unknown }} */ (readJson(file)) : undefined
  }
  const measured = /** @type {(Stamp & { id: string })[]} */ (read('storm.json')?.measured ?? [])
  return [
    ...ROWS.map(({ id }) => ({
      name: `storm/${id}`,
      words: ['bench', 'storm'],
      scope: stormScope(),
      last: recorded(measured.find((each) => each.id === id)),
    })),
    { name: 'model', words: ['bench'], scope: modelScope(), last: recorded(read('model.json')) },
    { name: 'native', words: ['bench'], scope: nativeBenchScope(), last: recorded(read('native.json')) },
  ]
}
