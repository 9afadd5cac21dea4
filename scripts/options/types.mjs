// Options as the types of lib declare them: names, types, defaults and doc comments.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/**
 * `required`: without the option, the call fails. `parts`: the options inside of it.
 * @typedef {{ name: string, type: string, required: boolean, meaning: string, default: string | undefined, parts: Option[] }} Option
 */
/** @typedef {{ name: string, bases: string[], options: Option[] }} Interface */
/** @typedef {{ type: string, meaning: string }} Alias */

/** The declarations of these files. @param {string} root @param {readonly string[]} files */
export function readTypes(root, files) {
  /** @type {Map<string, ts.InterfaceDeclaration>} */
  const declared = new Map()
  /** @type {Map<string, Alias>} */
  const aliases = new Map()
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
    for (const node of source.statements) {
      if (ts.isInterfaceDeclaration(node)) declared.set(node.name.text, node)
      if (ts.isTypeAliasDeclaration(node) && isChoice(node.type))
        aliases.set(node.name.text, { type: plain(node.type), meaning: commentOf(node).meaning })
    }
  }
  return new Types(declared, aliases)
}

class Types {
  #declared
  #aliases

  /** @param {ReadonlyMap<string, ts.InterfaceDeclaration>} declared @param {ReadonlyMap<string, Alias>} aliases */
  constructor(declared, aliases) {
    this.#declared = declared
    this.#aliases = aliases
  }
  /** The options of an interface. @param {string} name @returns {Interface} */
  interface(name) {
    const node = this.#declared.get(name)
    if (node === undefined) throw new Error(`There is no interface ${name}`)
    const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.expression.getText()))
    return { name, bases, options: this.#options(node.members) }
  }

  /** @param {ts.NodeArray<ts.TypeElement>} members @returns {Option[]} */
  #options(members) {
    return members.filter(ts.isPropertySignature).map((member) => {
      const { type: declared } = member
      const node = declared === undefined || member.questionToken === undefined ? declared : withoutUndefined(declared)
      if (node === undefined) throw new Error(`${member.name.getText()} has no type`)
      const parts = ts.isTypeLiteralNode(node) ? this.#options(node.members) : []
      const alias = this.#aliases.get(node.getText())
      const comment = commentOf(member)
      return {
        name: member.name.getText(),
        type: parts.length > 0 ? 'object' : (alias?.type ?? this.#shown(node)),
        required: member.questionToken === undefined,
        meaning: [comment.meaning, ...(alias === undefined ? [] : choicesIn(alias.meaning))].join('\n'),
        default: comment.default,
        parts,
      }
    })
  }
  /** `string | undefined` of an optional option says no more than `string`. @param {ts.TypeNode} node @returns {string} */
  #shown(node) {
    if (!ts.isUnionTypeNode(node)) return this.#resolved(node)
    const types = node.types.filter((each) => !isUndefined(each))
    return types.map((each) => this.#resolved(each)).join(' | ')
  }
  /** A type in one line; `Policy['onNoPaths']` is the type of that option. @param {ts.TypeNode} node @returns {string} */
  #resolved(node) {
    if (ts.isArrayTypeNode(node) && ts.isIndexedAccessTypeNode(node.elementType)) return `(${this.#resolved(node.elementType)})[]`
    if (ts.isTypeOperatorNode(node)) return this.#resolved(node.type)
    if (!ts.isIndexedAccessTypeNode(node)) return plain(node)
    const [, of = '', key = ''] = /^(\w+)\['(\w+)'\]$/.exec(node.getText()) ?? []
    return this.#declared.has(of) ? (this.interface(of).options.find(({ name }) => name === key)?.type ?? plain(node)) : plain(node)
  }
}

/** The type itself where only `undefined` stands beside it. @param {ts.TypeNode} node @returns {ts.TypeNode} */
function withoutUndefined(node) {
  if (!ts.isUnionTypeNode(node)) return node
  const [only, ...more] = node.types.filter((each) => !isUndefined(each))
  if (only === undefined || more.length > 0) return node
  return ts.isParenthesizedTypeNode(only) ? only.type : only
}
/** @param {ts.TypeNode} node */
const isUndefined = (node) => node.kind === ts.SyntaxKind.UndefinedKeyword
/** Whether it is one of several texts. @param {ts.TypeNode} node */
function isChoice(node) {
  return ts.isUnionTypeNode(node) && node.types.every(ts.isLiteralTypeNode)
}
/** A type in one line, without `readonly`. @param {ts.TypeNode} node */
function plain(node) {
  return node
    .getText()
    .replace(/\s+/g, ' ')
    .replace(/\breadonly /g, '')
}
/** The items of a comment's list. @param {string} meaning */
function choicesIn(meaning) {
  return meaning.split('\n').filter((line) => line.startsWith('- '))
}

/**
 * A doc comment: each paragraph and item of a list in a line. The default is the text of `@default`, or of the sentence "Default: …".
 * @param {ts.Node} node @returns {{ meaning: string, default: string | undefined }}
 */
function commentOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1)
  const text = (comment === undefined ? '' : (ts.getTextOfJSDocComment(comment.comment) ?? '')).replace(/\{@link ([^}]+)\}/g, '`$1`')
  const joined = text.replace(/\n(?!- |\n)\s*/g, ' ').replace(/\n+/g, '\n')
  const tag = comment?.tags?.find(({ tagName }) => tagName.text === 'default')
  const said = /(?:^|(?<=[.…] |\n))Default: (.*?)\.(?=\s|$)/.exec(joined)
  const meaning = (said === null ? joined : joined.replace(said[0], ''))
    .replace(/ +/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim()
  const value = tag === undefined ? undefined : (ts.getTextOfJSDocComment(tag.comment) ?? '').trim()
  return { meaning, default: value === undefined ? said?.[1] : `\`${value}\`` }
}
