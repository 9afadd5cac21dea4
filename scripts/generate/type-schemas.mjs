// JSON Schemas (draft-07) of TypeScript types of plain data, with their doc comments.
import ts from 'typescript'

/** @typedef {{ readonly [keyword: string]: unknown }} Schema */

/**
 * The schema of each member of the interfaces, and the schemas of all named types below them.
 * @param {{ root: string, file: string, interfaces: readonly string[], strict?: boolean }} options
 *   strict: an object has no other fields than these. A reader of answers must not insist on that, because fields may be added.
 * @returns {{ members: Record<string, Schema>, definitions: Record<string, Schema> }}
 */
export function typeSchemas({ root, file, interfaces, strict = false }) {
  /** @type {{ config?: unknown }} */
  const read = ts.readConfigFile(`${root}/tsconfig.json`, (path) => ts.sys.readFile(path))
  const { compilerOptions } = /** @type {{ compilerOptions: object }} */ (read.config)
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root)
  const program = ts.createProgram([file], { ...options, noEmit: true })
  const source = program.getSourceFile(file)
  if (source === undefined) throw new Error(`there is no ${file}`)
  const walk = new Walk(program.getTypeChecker(), strict)
  /** @type {Record<string, Schema>} */
  const members = {}
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement) || !interfaces.includes(statement.name.text)) continue
    for (const member of walk.checker.getTypeAtLocation(statement).getProperties())
      members[member.name] = { ...describe(walk.checker, member), allOf: [walk.schemaOf(walk.typeOf(member), true)] }
  }
  return { members, definitions: sorted(walk.definitions) }
}

class Walk {
  /** @type {Record<string, Schema>} */
  definitions = {}

  /** @param {ts.TypeChecker} checker @param {boolean} strict */
  constructor(checker, strict) {
    this.checker = checker
    this.strict = strict
  }

  /** @param {ts.Symbol} symbol */
  typeOf(symbol) {
    return this.checker.getTypeOfSymbol(symbol)
  }

  /** @param {ts.Type} type @param {boolean} [outermost] the document itself, which has the field `version` too @returns {Schema} */
  schemaOf(type, outermost = false) {
    const simple = simpleSchema(type)
    if (simple !== undefined) return simple
    if (this.checker.isArrayType(type)) {
      const [item] = this.checker.getTypeArguments(/** @type {ts.TypeReference} */ (type))
      return { type: 'array', items: item === undefined ? {} : this.schemaOf(item) }
    }
    const name = nameOf(type)
    if (name === undefined) return this.bodyOf(type, outermost)
    const key = outermost && !name.endsWith('Document') ? `${name}Document` : name
    if (!Object.hasOwn(this.definitions, key)) {
      this.definitions[key] = {}
      const symbol = type.aliasSymbol ?? type.symbol
      this.definitions[key] = { ...describe(this.checker, symbol), ...this.bodyOf(type, outermost) }
    }
    return { $ref: `#/definitions/${key}` }
  }

  /** @param {ts.Type} type @param {boolean} outermost @returns {Schema} */
  bodyOf(type, outermost) {
    if (type.isUnion()) return this.unionOf(type.types, outermost)
    const properties = type.getProperties()
    const index = this.checker.getIndexInfoOfType(type, ts.IndexKind.String)
    if (properties.length === 0 && index !== undefined) return { type: 'object', additionalProperties: this.schemaOf(index.type) }
    const required = properties.filter((property) => !this.isOptional(property)).map(({ name }) => name)
    const fields = properties.map((property) => [property.name, this.fieldOf(property)])
    return {
      type: 'object',
      properties: {
        ...(outermost ? { version: { const: 1, description: 'Version of the shape of all documents.' } } : {}),
        ...Object.fromEntries(fields),
      },
      ...(outermost || required.length > 0 ? { required: [...(outermost ? ['version'] : []), ...required] } : {}),
      ...(index !== undefined ? { additionalProperties: this.schemaOf(index.type) } : this.strict ? { additionalProperties: false } : {}),
    }
  }

  /** @param {ts.Symbol} property @returns {Schema} */
  fieldOf(property) {
    const schema = this.schemaOf(this.typeOf(property))
    const description = describe(this.checker, property)
    // Keywords beside $ref are ignored in draft-07.
    return '$ref' in schema ? { ...description, allOf: [schema] } : { ...schema, ...description }
  }

  /** @param {ts.Symbol} property */
  isOptional(property) {
    return (property.flags & ts.SymbolFlags.Optional) !== 0 || partsOf(this.typeOf(property)).some(isUndefined)
  }

  /** @param {readonly ts.Type[]} types @param {boolean} outermost @returns {Schema} */
  unionOf(types, outermost) {
    const given = types.filter((type) => !isUndefined(type))
    const booleans = given.filter((type) => (type.flags & ts.TypeFlags.BooleanLiteral) !== 0)
    const words = given.filter((type) => type.isStringLiteral())
    const rest = given.filter((type) => !booleans.includes(type) && !type.isStringLiteral())
    const schemas = [
      ...(words.length === 0 ? [] : [{ enum: words.map(({ value }) => value) }]),
      ...(booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map((type) => ({ const: this.checker.typeToString(type) === 'true' }))),
      ...rest.map((type) => this.schemaOf(type, outermost)),
    ]
    return schemas.length === 1 && schemas[0] !== undefined ? schemas[0] : { anyOf: schemas }
  }
}

/** @param {ts.Type} type @returns {Schema | undefined} */
function simpleSchema(type) {
  if ((type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return {}
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
  if ((type.flags & ts.TypeFlags.TemplateLiteral) !== 0) {
    const { texts } = /** @type {ts.TemplateLiteralType} */ (type)
    return { type: 'string', pattern: `^${texts.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$` }
  }
  if ((type.flags & ts.TypeFlags.String) !== 0) return { type: 'string' }
  if ((type.flags & ts.TypeFlags.Number) !== 0) return { type: 'number' }
  if ((type.flags & ts.TypeFlags.Boolean) !== 0) return { type: 'boolean' }
  if ((type.flags & ts.TypeFlags.BigInt) !== 0) return { type: 'string' }
  if ((type.flags & ts.TypeFlags.Null) !== 0) return { type: 'null' }
  return undefined
}

/** A name that the package exports; `undefined` for a type that is written where it is used. @param {ts.Type} type */
function nameOf(type) {
  if (type.aliasSymbol === undefined && type.isUnion()) return undefined
  // Intersections have no symbol.
  const { aliasSymbol, symbol } = /** @type {{ aliasSymbol?: ts.Symbol, symbol?: ts.Symbol }} */ (type)
  const name = (aliasSymbol ?? symbol)?.name
  return name === undefined || name.startsWith('__') || ['Record', 'Readonly', 'Omit', 'Pick', 'Partial'].includes(name) ? undefined : name
}
/** @param {ts.Type} type @returns {readonly ts.Type[]} */
const partsOf = (type) => (type.isUnion() ? type.types : [type])
/** @param {ts.Type} type */
const isUndefined = (type) => (type.flags & ts.TypeFlags.Undefined) !== 0

/** @param {ts.TypeChecker} checker @param {ts.Symbol | undefined} symbol */
function describe(checker, symbol) {
  const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker) ?? []).replaceAll(/\{@link\s+(?:\w+\.)?(\w+)\s*\}/g, '`$1`')
  return text === '' ? {} : { description: text }
}
/** @template T @param {Record<string, T>} record @returns {Record<string, T>} */
function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
