// A textlint rule: a sentence has at most `max` words.
import { split } from 'sentence-splitter'

/** @typedef {import('@textlint/kernel').TextlintRuleModule} Rule */
/** @typedef {{ readonly type: string, readonly value?: string, readonly children?: readonly Node[] }} Node of textlint's tree */

/** Code counts as one word. @param {Node} node @returns {string} */
function textOf({ type, value, children }) {
  if (type === 'Code') return 'code'
  if (type === 'Html' || type === 'Comment') return ''
  if (type === 'Break') return '\n'
  return children === undefined ? (value ?? '') : children.map(textOf).join('')
}

/** @type {Rule} */
export const longSentence = (context, options = {}) => {
  const { Syntax, RuleError, report } = context
  const { max } = /** @type {{ max: number }} */ (options)
  /** @param {import('@textlint/ast-node-types').AnyTxtNode} node */
  const check = (node) => {
    for (const sentence of split(textOf(/** @type {Node} */ (node)))) {
      if (sentence.type !== 'Sentence') continue
      const words = sentence.raw.split(/\s+/).filter((word) => /\w/.test(word))
      if (words.length <= max) continue
      const begin = words.slice(0, 6).join(' ')
      report(node, new RuleError(`A sentence of ${words.length} words, at most ${max}: ${begin} …`))
    }
  }
  return { [Syntax.Paragraph]: check, [Syntax.Header]: check, [Syntax.TableCell]: check }
}
