// Modules that `npm run build` and `npm run build:lab` compile. The caller says their type, by the source:
// `/** @type {typeof import('../lib/index.js')} */ (await builtLibrary('index.js'))`.

const ROOT = new URL('../', import.meta.url)

/** @param {string} file below `lib/` @returns {Promise<unknown>} */
export const builtLibrary = (file) => import(new URL(`build/library/lib/${file}`, ROOT).href)

/** @param {string} file below `test/` @returns {Promise<unknown>} */
export const builtTests = (file) => import(new URL(`build/lab/test/${file}`, ROOT).href)
