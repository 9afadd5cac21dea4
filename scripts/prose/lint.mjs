// Checks texts with textlint: words to stop using (terms.json), and sentences that are too long.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { TextlintKernel } from '@textlint/kernel'
import { readJson } from '../lab/json.mjs'
import { longSentence } from './long-sentence.mjs'
import { textsOf } from './texts.mjs'

/** @typedef {import('@textlint/kernel').TextlintRuleModule} Rule */
/** @typedef {import('@textlint/kernel').TextlintPluginCreator} Plugin */
/** @typedef {{ readonly file: string, readonly line: number, readonly message: string }} Finding */

const MAX_WORDS = 35
const require = createRequire(import.meta.url)
/** `require` puts the same content under `default` in Node.js and in tests. @param {string} name @returns {unknown} */
const load = (name) => require(name)
const { default: markdown } = /** @type {{ default: Plugin }} */ (load('@textlint/textlint-plugin-markdown'))
const { default: terminology } = /** @type {{ default: Rule }} */ (load('textlint-rule-terminology'))
const terms = readJson(join(import.meta.dirname, 'terms.json'))
const kernel = new TextlintKernel()
const plugins = [{ pluginId: 'markdown', plugin: markdown }]
const rules = [
  { ruleId: 'long-sentence', rule: longSentence, options: { max: MAX_WORDS } },
  { ruleId: 'terminology', rule: terminology, options: { defaultTerms: false, terms, skip: [] } },
]

/** @param {string} file @param {string} content @param {{ messages: boolean }} options @returns {Promise<Finding[]>} */
export async function lintFile(file, content, options) {
  const texts = textsOf(file, content, options)
  if (texts.length === 0) return []
  /** The source line of each checked line. @type {number[]} */
  const lines = []
  let whole = ''
  for (const { line, text } of texts) {
    const parts = text.split('\n')
    lines.push(...parts.map((_, index) => line + index), line + parts.length - 1)
    whole += `${text}\n\n`
  }
  const { messages } = await kernel.lintText(whole, { filePath: `${file}.md`, ext: '.md', plugins, rules })
  return messages.map(({ loc, message }) => ({ file, line: lines[loc.start.line - 1] ?? 1, message }))
}
