/**
 * Decodes the trees that the addon returns, little endian:
 *
 * ```
 * tree  := u8 present (0: no such directory, and nothing follows) node
 * node  := u16 length, name; u16 count, attribute*; u16 count, link*; u32 count, child*
 * attribute := u16 index into the plan's attributes; u8 0 read or 1 failed; u32 length, bytes (failed: u32 errno)
 * link  := u16 index into the plan's links; u32 length, bytes
 * child := u16 index into the plan's children; u32 length of the node; node
 * ```
 *
 * A directory is decoded when a caller first uses a part of it, and then only the positions of its parts are stored. Text is decoded at
 * each use. Most of a topology of the whole host is never used.
 */
import { BrickworkError } from '../core/errors.js'
import type { Tree } from '../core/tree.js'
import { errnoName } from './errors.js'
import type { EncodedPlan } from './native.js'
import { Reader } from './reader.js'

/** @throws `ERR_PARSE`, also later, when a caller uses a part that is malformed. */
export function decodeTree(bytes: Uint8Array, plan: EncodedPlan, name: string): Tree {
  const reader = Reader.over(bytes)
  const present = reader.u8()
  if (present === 0) return new TreeNode(name, placesOf(plan), undefined)
  if (present !== 1) throw malformed(`Starts with ${present}`)
  return openNode(reader, placesOf(plan))
}

/** A plan with the positions of its parts, by name. */
interface Places {
  readonly plan: EncodedPlan
  readonly attributes: ReadonlyMap<string, number>
  readonly links: ReadonlyMap<string, number>
  readonly children: readonly { readonly pattern: string; readonly places: Places }[]
}
const known = new WeakMap<EncodedPlan, Places>()
function placesOf(plan: EncodedPlan): Places {
  const before = known.get(plan)
  if (before !== undefined) return before
  const byName = (names: readonly string[]) => new Map(names.map((name, index) => [name, index]))
  const places = {
    plan,
    attributes: byName(plan.attributes),
    links: byName(plan.links),
    children: plan.children.map(({ pattern, node }) => ({ pattern, places: placesOf(node) })),
  }
  known.set(plan, places)
  return places
}

/** Positions of the parts of a directory, in the plan's order. 0: the directory has no such part. */
interface Content {
  readonly attributes: readonly number[]
  readonly links: readonly number[]
  readonly children: readonly Child[]
}
interface Child {
  readonly pattern: string
  readonly tree: TreeNode
}
const NOTHING: Content = { attributes: [], links: [], children: [] }

class TreeNode implements Tree {
  readonly name: string
  readonly #places: Places
  /** The bytes after the name; `undefined` when the directory does not exist. */
  readonly #source: Reader | undefined
  #content: Content | undefined

  constructor(name: string, places: Places, source: Reader | undefined) {
    this.name = name
    this.#places = places
    this.#source = source
  }
  text(attribute: string): string | undefined {
    return this.#value(attribute)?.peekLine()
  }
  bytes(attribute: string): Uint8Array | undefined {
    return this.#value(attribute)?.peekBytes()
  }
  error(attribute: string): string | undefined {
    const found = this.#attribute(attribute)
    return found?.u8() === FAILED ? errnoName(found.part(found.u32()).u32()) : undefined
  }
  link(name: string): string | undefined {
    const found = this.#at(this.#opened.links, this.#places.links.get(name))
    return found?.part(found.u32()).peekText()
  }
  children(pattern?: string): readonly Tree[] {
    const { children } = this.#opened
    return children.filter((child) => pattern === undefined || child.pattern === pattern).map((child) => child.tree)
  }
  child(name: string): Tree | undefined {
    return this.#opened.children.find((child) => child.tree.name === name)?.tree
  }

  #value(attribute: string): Reader | undefined {
    const found = this.#attribute(attribute)
    return found?.u8() === READ ? found.part(found.u32()) : undefined
  }
  #attribute(name: string): Reader | undefined {
    return this.#at(this.#opened.attributes, this.#places.attributes.get(name))
  }
  #at(starts: readonly number[], index: number | undefined): Reader | undefined {
    const start = index === undefined ? 0 : (starts[index] ?? 0)
    return start === 0 ? undefined : this.#source?.from(start)
  }
  get #opened(): Content {
    this.#content ??= this.#source === undefined ? NOTHING : contentOf(this.#source.fork(), this.#places)
    return this.#content
  }
}

const READ = 0
const FAILED = 1

function openNode(reader: Reader, places: Places): TreeNode {
  const name = reader.text(reader.u16())
  return new TreeNode(name, places, reader)
}

/** Checks all lengths and indexes, so that later reads of the parts can't leave the buffer. */
function contentOf(reader: Reader, { plan, children: planned }: Places): Content {
  const attributes = new Array<number>(plan.attributes.length).fill(0)
  for (let left = reader.u16(); left > 0; left--) {
    const index = within(attributes.length, reader.u16())
    attributes[index] = reader.position
    skipAttribute(reader)
  }
  const links = new Array<number>(plan.links.length).fill(0)
  for (let left = reader.u16(); left > 0; left--) {
    const index = within(links.length, reader.u16())
    links[index] = reader.position
    reader.skip(reader.u32())
  }
  const children: Child[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const { pattern, places } = at(planned, reader.u16())
    children.push({ pattern, tree: openNode(reader.part(reader.u32()), places) })
  }
  if (reader.remaining > 0) throw malformed(`${reader.remaining} bytes too many`)
  return { attributes, links, children: children.sort(byName) }
}

function skipAttribute(reader: Reader): void {
  const status = reader.u8()
  if (status > FAILED) throw malformed(`An attribute has the status ${status}`)
  const length = reader.u32()
  if (status === FAILED && length < 4) throw malformed(`An errno of ${length} bytes`)
  reader.skip(length)
}

function byName(one: Child, other: Child): number {
  return one.tree.name < other.tree.name ? -1 : one.tree.name > other.tree.name ? 1 : 0
}

function within(length: number, index: number): number {
  if (index >= length) throw malformed(`The plan has nothing at ${index}`)
  return index
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw malformed(`The plan has nothing at ${index}`)
  return found
}

function malformed(what: string): BrickworkError {
  return new BrickworkError('ERR_PARSE', `The addon's tree can't be read: ${what}`)
}
