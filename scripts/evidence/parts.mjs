// The parts of `npm run test:full`. Each takes at most an hour and has its own result.
import { labScope, mutationScope, protocolScope, simulationScope } from './scopes.mjs'

/** @typedef {import('../../test/play/scenario.js').Scenario} Scenario */
/** @typedef {import('./tree.mjs').Scope} Scope */
/**
 * @typedef {object} Part
 * @property {string} name `GROUP/NAME`, or `NAME` alone
 * @property {readonly string[]} words that select it on the command line, like its name
 * @property {Scope} scope
 * @property {readonly string[]} argv a script of this checkout, and its arguments
 * @property {boolean} [rows] the script writes a row for each scenario (`--result FILE`)
 * @property {boolean} [byExitCode] the script is one test that passes by its exit code; the others count in their last line
 */

export const DISTRIBUTIONS = [
  { name: 'debian-12', codename: 'bookworm' },
  { name: 'debian-13', codename: 'trixie' },
]
/** Families with their own command, which compares or reports the notes of the scenarios. */
const APART = ['differential', 'soak']
/** The number of parts, and the operations of each. A world has 500 operations and its own seed, so each part begins at another seed. */
const SIMULATE = { parts: 8, operations: 125_000, worldsOfEach: 250 }
const MUTATE_PARTS = 4

/** @param {ReadonlyMap<string, readonly Scenario[]>} families @param {readonly string[]} situations files of test/differential/situations @returns {readonly Part[]} */
export function partsOf(families, situations) {
  const named = [...families].filter(([name]) => !APART.includes(name))
  const short = named.filter(([, all]) => all.some(({ long = false }) => !long)).map(([name]) => name)
  const long = named.filter(([, all]) => all.some((each) => each.long)).map(([name]) => name)
  return [
    ...DISTRIBUTIONS.flatMap(({ name, codename }) => short.map((family) => lab(name, family, ['--distribution', codename]))),
    ...long.map((family) => lab('long', family, ['--long'])),
    ...DISTRIBUTIONS.map(({ name, codename }) =>
      part(`soak/${name}`, ['soak'], labScope('soak'), ['scripts/soak.mjs', '--distribution', codename]),
    ),
    ...situations.map((name) =>
      part(`differential/${name}`, ['differential'], labScope('differential'), ['scripts/differential.mjs', '--group', name]),
    ),
    ...Array.from({ length: SIMULATE.parts }, (_, index) => simulate(index)),
    ...Array.from({ length: MUTATE_PARTS }, (_, index) => mutate(index)),
    part('model', [], protocolScope(), ['scripts/model.mjs', '--large']),
    { ...part('planted', [], simulationScope(), ['scripts/simulate-planted.mjs']), byExitCode: true },
  ]
}

/** @param {string} group @param {string} family @param {readonly string[]} options @returns {Part} */
function lab(group, family, options) {
  const argv = ['scripts/lab-tests.mjs', ...options, '--family', family]
  return { ...part(`${group}/${family}`, [group, family], labScope(family), argv), rows: true }
}

/** @param {number} index @returns {Part} */
function simulate(index) {
  const seed = 1 + index * SIMULATE.worldsOfEach
  const argv = ['scripts/simulate.mjs', '--go-on', '--seed', String(seed), '--ops', String(SIMULATE.operations)]
  return part(`simulate/${index + 1}`, ['simulate'], simulationScope(), argv)
}

/** @param {number} index @returns {Part} */
function mutate(index) {
  const share = `${index + 1}/${MUTATE_PARTS}`
  return part(`mutate/${index + 1}`, ['mutate'], mutationScope(), ['scripts/mutate.mjs', '--write', '--share', share])
}

/** @param {string} name @param {readonly string[]} words @param {Scope} scope @param {readonly string[]} argv @returns {Part} */
const part = (name, words, scope, argv) => ({ name, words, scope, argv })
