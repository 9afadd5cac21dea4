/** Names that standard terms have replaced stay out of `lib`: in files, in declarations, in steps. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const LIB = join(import.meta.dirname, '../../../lib')
const words = (text: string) => new Set(text.trim().split(/\s+/))

/** No function, class, type, member or constant of a module has such a name. */
const DECLARATIONS = words(`
  Office Workshop Book Rooms Rest Terms Wish wish look Look Seen picture pictured pictureLong pictureNvme Picture BlockPicture readPicture mark marks marksBy
  settle settlement settlements prove proveAgain Provable held seenInUse onlyLook takeExclusively
  reach expose ways waysOf names share tries asking forgetting leaveMap keepOut adoption repointed stale oneVolume access
  making made stray Stray spoken Spoken left plain Reached unproven`)
/** A longer name must not begin with one of these words either: `proveDisk`, `lookThrough`. */
const FIRST_WORDS = words('prove proven settle settled stray spoken look picture expose office workshop')
const FILES = words(`
  office workshop book rooms rest terms wish look shared-look seen picture mark settle settlements prove prove-again provable held
  reach expose ways names share tries asking ask-iscsid forgetting leave-map keep-out adoption repointed stale one-volume access
  making stray spoken left plain reached`)
const STEPS = words('intend prove settle record ask clear forget undo settle-login check-holders discover resolve')
/** Former values in results, events and state files. Schema 1 still has them. */
const VALUES = words('making made well settled map:unadopted')
const SCHEMA_1 = 'operation/schema-1.ts'
/** Each name must have one meaning: these existed two or three times. */
const ONCE = words('Discovered Survey Spoken placeOf')
const FILES_ONCE = words('picture record settle orphans')

/** Declarations that have such a name for another reason, by `file › name`. `*` stands for every file. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  '* › names': 'lists of names: of files, of attributes, of devices. Host names, which this word meant, are resolved by resolvePortal',
  'api/common-connection.ts › access': 'whether the device may be written to, in the words of callers',
  'connection/cinder.ts › access': 'part of a connection',
  'core/error-details/volume.ts › stale': 'a field of errors that callers may read',
  'api/policy.ts › access': 'whether the device may be written to, in the words of callers',
  'operation/entry.ts › access': 'the policy of callers, as a claim keeps it',
  'operation/entry.ts › marks': 'a field of state files',
  'operation/schema-1.ts › ways': 'a field of state files of schema 1',
  'multipath/create-map.ts › made': 'whether this call made the map; the origin of an object is called created',
}

interface Named {
  readonly file: string
  readonly name: string
}
const parse = (file: string, text: string) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const sources = files.map((file) => parse(file, readFileSync(join(LIB, file), 'utf8')))

function nodesOf(source: ts.SourceFile): ts.Node[] {
  const nodes: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return nodes
}
/** Whether a file declares the name for others. Parameters and variables inside functions are ignored. */
function isDeclared(node: ts.Node): node is ts.NamedDeclaration {
  if (ts.isVariableDeclaration(node)) {
    const isFunction = node.initializer !== undefined && (ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer))
    return isFunction || ts.isSourceFile(node.parent.parent.parent)
  }
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertySignature(node) ||
    ts.isAccessor(node)
  )
}
function declarationsIn(source: ts.SourceFile): Named[] {
  return nodesOf(source)
    .filter(isDeclared)
    .flatMap(({ name }) =>
      name !== undefined && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) ? [name.text.replace('#', '')] : [],
    )
    .map((name) => ({ file: source.fileName, name }))
}
function isOld(name: string): boolean {
  const [first = '', second] = name.split(/(?=[A-Z])/)
  return DECLARATIONS.has(name) || (second !== undefined && FIRST_WORDS.has(first.toLowerCase()))
}
const isException = ({ file, name }: Named) => `* › ${name}` in EXCEPTIONS || `${file} › ${name}` in EXCEPTIONS
const oldFiles = (paths: readonly string[]) => paths.filter((path) => FILES.has(basename(path, '.ts')))

/** The steps of the type `StepName`, and the steps named where they begin. */
function stepsIn(source: ts.SourceFile): string[] {
  return nodesOf(source).flatMap((node) => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === 'StepName') return stringsIn(node)
    if (!ts.isCallExpression(node) || !/(^|\.)step$/.test(node.expression.getText(source))) return []
    const [step] = node.arguments
    return step === undefined ? [] : stringsIn(step)
  })
}
function stringsIn(node: ts.Node): string[] {
  if (ts.isStringLiteral(node)) return [node.text]
  const strings: string[] = []
  ts.forEachChild(node, (child) => {
    strings.push(...stringsIn(child))
  })
  return strings
}

const declarations = sources.flatMap(declarationsIn)
const isOldDeclaration = ({ name }: Named) => isOld(name)

describe('names in lib', () => {
  test('no declaration has an old name', () => {
    expect(declarations.length).toBeGreaterThan(2000)
    expect(declarations.filter(isOldDeclaration).filter((each) => !isException(each))).toEqual([])
  })
  test('no file has an old name', () => {
    expect(oldFiles(files)).toEqual([])
  })
  test('no step has an old name', () => {
    const steps = sources.flatMap(stepsIn)
    expect(new Set(steps).size).toBeGreaterThan(20)
    expect(steps.filter((step) => STEPS.has(step))).toEqual([])
  })
  test('no text is an old value', () => {
    const texts = sources.filter(({ fileName }) => fileName !== SCHEMA_1).flatMap(stringsIn)
    expect(texts.length).toBeGreaterThan(2000)
    expect(texts.filter((text) => VALUES.has(text))).toEqual([])
  })
  test('names that stood for several things stand for one', () => {
    const declared = declarations.filter(({ name }) => ONCE.has(name))
    expect(new Set(declared.map(({ name }) => name)).size).toBe(declared.length)
    const named = files.map((file) => basename(file, '.ts')).filter((name) => FILES_ONCE.has(name))
    expect(new Set(named).size).toBe(named.length)
  })
  test('each exception is needed', () => {
    const found = declarations.filter(isOldDeclaration).flatMap(({ file, name }) => [`* › ${name}`, `${file} › ${name}`])
    expect(Object.keys(EXCEPTIONS).filter((exception) => !found.includes(exception))).toEqual([])
  })
})

describe('the search', () => {
  const names = (text: string) =>
    declarationsIn(parse('x.ts', text))
      .filter(isOldDeclaration)
      .map(({ name }) => name)

  test.each([
    ['export class Office {}', ['Office']],
    ['export interface Held { readonly ways: string[]; reach(): void }', ['ways', 'reach']],
    ['class A { readonly #spoken = 1; get left() { return 1 } }', ['spoken', 'left']],
    ['export async function proveDisk() { const look = () => 1; return look() }', ['proveDisk', 'look']],
    ['export const settlements = 1', ['settlements']],
    ['export type Terms = string', ['Terms']],
    ['export function verify(left: number) { const held = left; return held }', []],
  ])('of declarations in %s', (text, expected) => {
    expect(names(text)).toEqual(expected)
  })
  test('of files', () => {
    expect(oldFiles(['attach/office.ts', 'attach/queries.ts', 'connectors/iscsi/one-volume.ts'])).toHaveLength(2)
  })
  test('of steps, in their type and where they begin', () => {
    const text = "type StepName = 'journal' | 'prove'; void progress.step(isMap ? 'ask' : 'find', run); void step('undo', run)"
    expect(stepsIn(parse('x.ts', text))).toEqual(['journal', 'prove', 'ask', 'find', 'undo'])
  })
})
