// The part of a file that can change a result: its code, without comments and, for TypeScript, without types. Line breaks don't count
// either.
import ts from 'typescript'

const COMPILER_OPTIONS = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  removeComments: true,
}
/** A string, a character, or a comment of C. */
const C_PART = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** @param {string} path @param {Buffer} content @returns {string | Buffer} */
export function codeOf(path, content) {
  if (/\.(ts|mjs)$/.test(path))
    return ts.transpileModule(content.toString(), { compilerOptions: COMPILER_OPTIONS, fileName: path }).outputText
  if (/\.(c|cc|h)$/.test(path)) return withoutComments(content.toString())
  return content
}

/** @param {string} text of C or C++ */
const withoutComments = (text) =>
  text
    .replace(C_PART, (part) => (part.startsWith('/') ? ' ' : part))
    .replace(/[^\S\n]+/g, ' ')
    .replace(/\s*\n\s*/g, '\n')
