// The names of the tests, read from the sources without running anything.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const SCENARIOS = 'test/scenarios'
const SUITES = ['describe']
const TESTS = ['test', 'it']

/**
 * Whether `reference` names a test: `FILE › SUITE > TEST` as vitest prints it, or `lab: NAME`.
 * A title made of data (`test.each`, `${…}`) matches by its fixed parts.
 * @param {string} root @param {string} reference
 */
export function isTest(root, reference) {
  const lab = /^lab: (.+)$/.exec(reference)?.[1]
  if (lab !== undefined) return labNames(root).has(lab)
  const [file = '', name] = reference.split(' › ')
  if (name === undefined || !file.startsWith('test/') || !existsSync(join(root, file))) return false
  return titlesOf(root, file).some((pattern) => pattern.test(name))
}

/** Names by root. @type {Map<string, ReadonlySet<string>>} */
const labs = new Map()
/** Names of scenarios: literal names, and names that a function makes from a state of a portal. @param {string} root */
function labNames(root) {
  const known = labs.get(root)
  if (known !== undefined) return known
  /** @type {Set<string>} */
  const names = new Set()
  for (const file of readdirSync(join(root, SCENARIOS))) {
    const source = readFileSync(join(root, SCENARIOS, file), 'utf8')
    for (const [, name = ''] of source.matchAll(/^ {2}name: '([^']+)',$/gm)) names.add(name)
    for (const [, maker = '', before = '', after = ''] of source.matchAll(
      /const (\w+) = \([^)]*\)[^=]*=> \(\{\n {2}name: `([^`$]*)\$\{state\}([^`]*)`/g,
    ))
      for (const [, state = ''] of source.matchAll(new RegExp(`${maker}\\('(\\w+)'`, 'g'))) names.add(`${before}${state}${after}`)
  }
  labs.set(root, names)
  return names
}

/** Titles by file. @type {Map<string, readonly RegExp[]>} */
const titles = new Map()
/** @param {string} root @param {string} file @returns {readonly RegExp[]} the full name of every test of the file, and of the suites that it imports from its own folder */
function titlesOf(root, file) {
  const key = join(root, file)
  const known = titles.get(key)
  if (known !== undefined) return known
  /** @type {RegExp[]} */
  const found = []
  for (const each of [key, ...importedSuites(key)])
    collect(ts.createSourceFile(each, readFileSync(each, 'utf8'), ts.ScriptTarget.Latest, true), [], found)
  titles.set(key, found)
  return found
}
/**
 * The files that a test file imports from its own folder, directly or indirectly. They may hold its suites.
 * @param {string} file @param {Set<string>} [seen] @returns {string[]}
 */
function importedSuites(file, seen = new Set()) {
  const imports = [...readFileSync(file, 'utf8').matchAll(/from '(\.\/[^']*)\.js'/g)].map(([, path = '']) =>
    join(dirname(file), `${path}.ts`),
  )
  for (const path of imports) {
    if (seen.has(path) || !existsSync(path)) continue
    seen.add(path)
    importedSuites(path, seen)
  }
  return [...seen]
}

/** @param {ts.Node} node @param {readonly string[]} above @param {RegExp[]} found */
function collect(node, above, found) {
  if (ts.isCallExpression(node)) {
    const kind = kindOf(node.expression)
    const title = kind === undefined ? undefined : titleOf(node.arguments[0])
    if (kind === 'test' && title !== undefined) found.push(new RegExp(`^${[...above, title].join(' > ')}$`, 's'))
    if (kind === 'suite' && title !== undefined) {
      for (const argument of node.arguments) collect(argument, [...above, title], found)
      return
    }
  }
  ts.forEachChild(node, (child) => collect(child, above, found))
}
/** `test(…)`, `test.skipIf(…)(…)`, `test.each(…)(…)` @param {ts.Node} expression @returns {'test' | 'suite' | undefined} */
function kindOf(expression) {
  if (ts.isIdentifier(expression)) return TESTS.includes(expression.text) ? 'test' : SUITES.includes(expression.text) ? 'suite' : undefined
  if (ts.isCallExpression(expression) || ts.isPropertyAccessExpression(expression)) return kindOf(expression.expression)
  return undefined
}
/**
 * A pattern with the fixed parts of a title. Returns undefined for a title without any: it would match everything.
 * @param {ts.Expression | undefined} title @returns {string | undefined}
 */
function titleOf(title) {
  if (title === undefined) return undefined
  if (ts.isStringLiteralLike(title)) return pattern(title.text)
  if (ts.isConditionalExpression(title)) return `(?:${titleOf(title.whenTrue) ?? ''}|${titleOf(title.whenFalse) ?? ''})`
  if (!ts.isTemplateExpression(title)) return undefined
  return [pattern(title.head.text), ...title.templateSpans.map(({ literal }) => pattern(literal.text))].join('.*')
}
/** Handles vitest's placeholders: `%s`, `%j`, `$name`, `$0`. @param {string} text */
function pattern(text) {
  const fixed = text.split(/%[sdifjo#$]|\$[a-zA-Z0-9_.]+/)
  return fixed.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')
}
