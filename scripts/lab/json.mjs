// JSON of files and programs. Its type is for the caller to say: `/** @type {T} */ (readJson(file))`.
import { readFileSync, writeFileSync } from 'node:fs'

/** @param {string} text @returns {unknown} */
export const parseJson = (text) => JSON.parse(text)

/** @param {string} file @returns {unknown} */
export const readJson = (file) => parseJson(readFileSync(file, 'utf8'))

/** @param {string} file @param {unknown} value */
export const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`)
