// The texts of a file that people read: paragraphs of a document, comments, and messages. Code is left out.
import { extname } from 'node:path'
import ts from 'typescript'

/** @typedef {{ readonly line: number, readonly text: string }} Text as Markdown; `line`: where it begins, from 1 */

/** A string, a character, or a comment of C. */
const C_PART = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?:[ \t]*\/\/[^\n]*\n?)+|\/\*[\s\S]*?\*\//g
/** A message has at least this many words. A shorter string is a protocol word, a command or a key. */
const MESSAGE_WORDS = 4

/** @param {string} path @param {string} content @param {{ messages: boolean }} options @returns {readonly Text[]} */
export function textsOf(path, content, { messages }) {
  switch (extname(path)) {
    case '.md':
      return [{ line: 1, text: content }]
    case '.ts':
    case '.mjs':
      return textsOfScript(path, content, messages)
    case '.cc':
    case '.c':
    case '.h':
      return textsOfC(content)
    default:
      return textsOfHashComments(content)
  }
}

/** @param {string} path @param {string} content @param {boolean} messages @returns {Text[]} */
function textsOfScript(path, content, messages) {
  const kind = path.endsWith('.mjs') ? ts.ScriptKind.JS : ts.ScriptKind.TS
  const source = ts.createSourceFile(path, content, ts.ScriptTarget.ES2023, true, kind)
  /** @param {number} position */
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1
  /** @type {Map<number, ts.CommentRange>} */
  const comments = new Map()
  /** @type {Text[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    for (const range of [
      ...(ts.getLeadingCommentRanges(content, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(content, node.getEnd()) ?? []),
    ])
      comments.set(range.pos, range)
    if (messages && (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && !ts.isImportDeclaration(node.parent)) {
      // An indented line of a usage text is a text of its own.
      let line = lineOf(node.getStart())
      for (const text of messageOf(node).split(/\n(?=\s)/)) {
        if (wordsOf(text).length >= MESSAGE_WORDS) found.push({ line, text })
        line += text.split('\n').length
      }
    }
    node.getChildren(source).forEach(visit)
  }
  visit(source)
  return [
    ...found,
    ...inBlocks(
      [...comments.values()].sort((a, b) => a.pos - b.pos),
      content,
      lineOf,
    ),
  ]
}

/**
 * Joins consecutive line comments.
 * @param {readonly ts.CommentRange[]} comments @param {string} content @param {(position: number) => number} lineOf @returns {Text[]}
 */
function inBlocks(comments, content, lineOf) {
  /** @type {{ line: number, last: number, text: string }[]} */
  const blocks = []
  for (const { pos, end, kind } of comments) {
    const [line, text] = [lineOf(pos), content.slice(pos, end)]
    const block = blocks.at(-1)
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia && block?.text.startsWith('//') && block.last === line - 1) {
      block.text += `\n${text}`
      block.last = line
    } else blocks.push({ line, last: lineOf(end), text })
  }
  return blocks.map(({ line, text }) => ({ line, text: plain(text) }))
}

/** @param {ts.StringLiteralLike | ts.TemplateExpression} node */
function messageOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text
  return node.head.text + node.templateSpans.map(({ literal }) => `X${literal.text}`).join('')
}
/** @param {string} text */
const wordsOf = (text) => text.split(/\s+/).filter((word) => /^["'(“]?[A-Za-z][\w’'-]*[.,:;!?")”]*$/.test(word))

/** @param {string} content @returns {Text[]} */
function textsOfC(content) {
  return [...content.matchAll(C_PART)].flatMap(({ 0: part, index }) => {
    const text = part.trimStart()
    if (!text.startsWith('/')) return []
    return [{ line: lineAt(content, index + part.length - text.length), text: plain(text) }]
  })
}

/** @param {string} content of a shell script, Python or CMake @returns {Text[]} */
function textsOfHashComments(content) {
  return [...content.matchAll(/(?:^[ \t]*# [^\n]*\n?)+/gm)].map(({ 0: part, index }) => ({
    line: lineAt(content, index),
    text: part.replace(/^[ \t]*# /gm, ''),
  }))
}

/** @param {string} content @param {number} index */
const lineAt = (content, index) => content.slice(0, index).split('\n').length

/** A comment without its delimiters and types. Each tag begins a paragraph. @param {string} comment */
function plain(comment) {
  return comment
    .replace(/^\/\*\*?|\*\/$/g, '')
    .replace(/^[ \t]*(?:\*(?!\*)|\/\/+)[ \t]?/gm, '')
    .replace(/^[ \t]+/gm, '')
    .replace(/\{@link (\S+)[^}]*\}/g, '`$1`')
    .replace(/@\w+ (?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\} ?)?/g, (tag) => `${tag.includes('\n') ? '\n' : ''}¶`)
    .replace(/¶/g, '. ')
}
