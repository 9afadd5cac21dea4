import type { Tree } from './tree.js'

/** An attribute as it was read, or the errno name of the read that failed. */
export type PlainAttribute = { readonly bytes: Uint8Array } | { readonly errno: string }
export interface PlainChild {
  /** The pattern of the plan for which the directory was entered. */
  readonly pattern: string
  readonly tree: Tree
}

const decoder = new TextDecoder()
const NEWLINE = 10

/** A tree of plain values, for readers in JavaScript. Its children are sorted by name. */
export class PlainTree implements Tree {
  readonly name: string
  readonly #attributes: ReadonlyMap<string, PlainAttribute>
  readonly #links: ReadonlyMap<string, string>
  readonly #children: readonly PlainChild[]

  constructor(
    name: string,
    attributes: ReadonlyMap<string, PlainAttribute>,
    links: ReadonlyMap<string, string>,
    children: readonly PlainChild[],
  ) {
    this.name = name
    this.#attributes = attributes
    this.#links = links
    this.#children = children
  }
  text(attribute: string): string | undefined {
    const bytes = this.bytes(attribute)
    // Not from the text: V8 keeps the whole text for a part of it.
    return bytes === undefined ? undefined : decoder.decode(bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes)
  }
  bytes(attribute: string): Uint8Array | undefined {
    const found = this.#attributes.get(attribute)
    return found !== undefined && 'bytes' in found ? found.bytes : undefined
  }
  error(attribute: string): string | undefined {
    const found = this.#attributes.get(attribute)
    return found !== undefined && 'errno' in found ? found.errno : undefined
  }
  link(name: string): string | undefined {
    return this.#links.get(name)
  }
  children(pattern?: string): readonly Tree[] {
    return this.#children.filter((child) => pattern === undefined || child.pattern === pattern).map(({ tree }) => tree)
  }
  child(name: string): Tree | undefined {
    return this.#children.find(({ tree }) => tree.name === name)?.tree
  }
}

const expressions = new Map<string, RegExp>()

/** Whether a name matches a pattern of a plan. `*` stands for any characters. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  const expression = expressions.get(pattern) ?? expressionOf(pattern)
  expressions.set(pattern, expression)
  return expression.test(name)
}
function expressionOf(pattern: string): RegExp {
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`, 's')
}
