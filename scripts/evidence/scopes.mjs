// What results depend on. What a new folder of `test/` has counts for all of the lab until it is named here.

/** @typedef {import('./tree.mjs').Scope} Scope */

export const SCENARIOS = 'test/lab/scenarios'

/** Folders and files that the lab does not play, or that only a scenario that imports them plays. */
export const NOT_PLAYED = [
  'native/fuzz',
  'native/test',
  'test/contract',
  'test/crash',
  'test/fixtures',
  'test/lab/bench',
  'test/lab/demo',
  'test/lab/demo.ts',
  'test/lab/differential',
  'test/lab/leaks',
  'test/lab/os-brick/recorded.json',
  'test/lab/soak',
  'test/mutations',
  'test/native',
  'test/package',
  'test/scenario',
  'test/setup.ts',
  'test/simulation',
  'test/unit',
]
const LIBRARY = ['lib', 'native', 'binding.gyp', 'tsconfig.json', 'tsconfig.lab.json']
const HARNESS = ['test', 'scripts/lab', 'scripts/lab-tests.mjs']

/** The scenarios of one family: the file of another family counts only if this one imports it. @param {string} family @returns {Scope} */
export const labScope = (family) => ({
  paths: [...LIBRARY, ...HARNESS],
  without: [...NOT_PLAYED, SCENARIOS],
  entries: [`${SCENARIOS}/${family}.ts`],
})

/** @returns {Scope} */
export const stormScope = () => ({
  paths: [...LIBRARY, 'test/lab/bench/bound.c', ...HARNESS],
  without: [...NOT_PLAYED.filter((path) => path !== 'test/lab/bench'), 'test/lab/bench/model', SCENARIOS],
})

/** @returns {Scope} */
export const simulationScope = () => ({ paths: ['lib', 'test/simulation'], entries: ['test/simulation/main.ts'] })

/** @returns {Scope} */
export const mutationScope = () => ({ paths: ['lib', 'test', 'vitest.config.ts'], without: ['test/lab/bench', 'test/lab/real'] })

/** @returns {Scope} */
export const modelScope = () => ({ paths: ['lib', 'test/lab/bench/model'], entries: ['test/lab/bench/model/main.ts'] })

/** @returns {Scope} */
export const nativeBenchScope = () => ({ paths: [...LIBRARY, 'scripts/bench/native'], without: ['native/fuzz', 'native/test'] })
