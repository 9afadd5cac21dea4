// The files that each result depends on. A new folder of `test/` counts for the whole lab until it is named here.

/** @typedef {import('./tree.mjs').Scope} Scope */

export const SCENARIOS = 'test/scenarios'

/** Folders and files that the lab does not play, or plays only if a scenario imports them. */
export const NOT_PLAYED = [
  'native/fuzz',
  'native/test',
  'test/bench',
  'test/contract',
  'test/crash',
  'test/demo',
  'test/differential',
  'test/fake',
  'test/fixtures',
  'test/leaks',
  'test/model',
  'test/mutations',
  'test/native',
  'test/package',
  'test/setup.ts',
  'test/simulation',
  'test/soak',
  'test/cli',
  'test/unit',
]
const LIBRARY = ['lib', 'native', 'tsconfig.json', 'tsconfig.lab.json']
const HARNESS = ['test', 'scripts/lab', 'scripts/lab-tests.mjs']

/**
 * The scenarios of one family. The file of another family counts only if this family imports it.
 * @param {string} family @returns {Scope}
 */
export const labScope = (family) => ({
  paths: [...LIBRARY, ...HARNESS],
  without: [...NOT_PLAYED, SCENARIOS],
  entries: [`${SCENARIOS}/${family}.ts`],
})

/** @returns {Scope} */
export const stormScope = () => ({
  paths: [...LIBRARY, ...HARNESS],
  without: [...NOT_PLAYED.filter((path) => path !== 'test/bench'), 'test/bench/model', SCENARIOS],
})

/** @returns {Scope} */
export const simulationScope = () => ({ paths: ['lib', 'test/simulation'], entries: ['test/simulation/main.ts'] })

/** @returns {Scope} */
export const mutationScope = () => ({ paths: ['lib', 'test', 'vitest.config.ts'], without: ['test/bench', 'test/world/real'] })

/** The model of the protocol, not of a bench. @returns {Scope} */
export const protocolScope = () => ({ paths: ['test/model', 'scripts/model', 'scripts/model.mjs'] })

/** @returns {Scope} */
export const modelScope = () => ({ paths: ['lib', 'test/bench/model'], entries: ['test/bench/model/main.ts'] })

/** @returns {Scope} */
export const modelClockScope = () => ({
  paths: ['lib', 'test/bench/model', 'scripts/lab'],
  entries: ['test/bench/model/main.ts', 'test/bench/model/import.ts'],
})

/** @returns {Scope} */
export const nativeBenchScope = () => ({ paths: [...LIBRARY, 'scripts/bench/native'], without: ['native/fuzz', 'native/test'] })
