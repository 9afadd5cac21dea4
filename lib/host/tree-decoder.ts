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
import type { EncodedPlan } from './encoded.js'

/** @throws `ERR_PARSE`, also later, when a caller uses a part that is malformed. */
export function decodeTree(bytes: Uint8Array, plan: EncodedPlan, name: string): Tree {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const present = source[within(source.length, 0)]
  if (present === 0) return new TreeNode(name, placesOf(plan), undefined, 0, 0)
  if (present !== 1) throw malformed(`Starts with ${present}`)
  return openNode(source, 1, source.length, placesOf(plan))
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

/** A topology has tens of thousands of these, so their parts are read from the buffer without any object in between. */
class TreeNode implements Tree {
  readonly name: string
  readonly #places: Places
  /** `undefined` when the directory does not exist. */
  readonly #source: Buffer | undefined
  /** Of the bytes after the name. */
  readonly #start: number
  readonly #end: number
  #content: Content | undefined

  constructor(name: string, places: Places, source: Buffer | undefined, start: number, end: number) {
    this.name = name
    this.#places = places
    this.#source = source
    this.#start = start
    this.#end = end
  }
  text(attribute: string): string | undefined {
    const [source, start] = [this.#source, this.#place(attribute)]
    if (source === undefined || start === 0 || source[start] !== READ) return undefined
    const from = start + ATTRIBUTE_HEADER
    const end = from + u32(source, start + 1)
    return source.toString('utf8', from, end > from && source[end - 1] === NEWLINE ? end - 1 : end)
  }
  bytes(attribute: string): Uint8Array | undefined {
    const [source, start] = [this.#source, this.#place(attribute)]
    if (source === undefined || start === 0 || source[start] !== READ) return undefined
    return source.subarray(start + ATTRIBUTE_HEADER, start + ATTRIBUTE_HEADER + u32(source, start + 1))
  }
  error(attribute: string): string | undefined {
    const [source, start] = [this.#source, this.#place(attribute)]
    return source === undefined || start === 0 || source[start] !== FAILED ? undefined : errnoName(u32(source, start + ATTRIBUTE_HEADER))
  }
  link(name: string): string | undefined {
    const [source, index] = [this.#source, this.#places.links.get(name)]
    const start = index === undefined ? 0 : (this.#opened.links[index] ?? 0)
    return source === undefined || start === 0 ? undefined : source.toString('utf8', start + LENGTH, start + LENGTH + u32(source, start))
  }
  children(pattern?: string): readonly Tree[] {
    const { children } = this.#opened
    return children.filter((child) => pattern === undefined || child.pattern === pattern).map((child) => child.tree)
  }
  child(name: string): Tree | undefined {
    return this.#opened.children.find((child) => child.tree.name === name)?.tree
  }

  #place(attribute: string): number {
    const index = this.#places.attributes.get(attribute)
    return index === undefined ? 0 : (this.#opened.attributes[index] ?? 0)
  }
  get #opened(): Content {
    this.#content ??= this.#source === undefined ? NOTHING : contentOf(this.#source, this.#start, this.#end, this.#places)
    return this.#content
  }
}

const READ = 0
const FAILED = 1
const NEWLINE = 0x0a
/** Bytes of a length. */
const LENGTH = 4
/** Bytes before the value of an attribute, from its status on. */
const ATTRIBUTE_HEADER = 1 + LENGTH

function openNode(source: Buffer, at: number, end: number, places: Places): TreeNode {
  const start = after(at, 2, end)
  const behind = after(start, u16(source, at), end)
  return new TreeNode(source.toString('utf8', start, behind), places, source, behind, end)
}

/** Checks all lengths and indexes, so that later reads of the parts can't leave the buffer. */
function contentOf(source: Buffer, start: number, end: number, { plan, children: planned }: Places): Content {
  let at = start
  /** Moves on by so many bytes. @returns where they begin */
  const take = (length: number) => {
    const from = at
    at = after(at, length, end)
    return from
  }
  const attributes = new Array<number>(plan.attributes.length).fill(0)
  for (let left = u16(source, take(2)); left > 0; left--) {
    const index = within(attributes.length, u16(source, take(2)))
    attributes[index] = take(ATTRIBUTE_HEADER)
    take(checkedLength(source, attributes[index]))
  }
  const links = new Array<number>(plan.links.length).fill(0)
  for (let left = u16(source, take(2)); left > 0; left--) {
    const index = within(links.length, u16(source, take(2)))
    links[index] = take(LENGTH)
    take(u32(source, links[index]))
  }
  const children: Child[] = []
  for (let left = u32(source, take(LENGTH)); left > 0; left--) {
    const child = planned[within(planned.length, u16(source, take(2)))]
    const length = u32(source, take(LENGTH))
    const from = take(length)
    if (child !== undefined) children.push({ pattern: child.pattern, tree: openNode(source, from, from + length, child.places) })
  }
  if (at < end) throw malformed(`${end - at} bytes too many`)
  return { attributes, links, children: children.sort(byName) }
}
/** Length of the value of the attribute that begins there. */
function checkedLength(source: Buffer, at: number): number {
  const [status = FAILED + 1, length] = [source[at], u32(source, at + 1)]
  if (status > FAILED) throw malformed(`An attribute has the status ${status}`)
  if (status === FAILED && length < LENGTH) throw malformed(`An errno of ${length} bytes`)
  return length
}

function byName(one: Child, other: Child): number {
  return one.tree.name < other.tree.name ? -1 : one.tree.name > other.tree.name ? 1 : 0
}

function u16(source: Buffer, at: number): number {
  return (source[at] ?? 0) + (source[at + 1] ?? 0) * 0x100
}
function u32(source: Buffer, at: number): number {
  return u16(source, at) + u16(source, at + 2) * 0x10000
}
function after(at: number, length: number, end: number): number {
  if (length > end - at) {
    throw new BrickworkError('ERR_PARSE', `An answer of native code ends too early: ${length} bytes wanted, ${end - at} left`)
  }
  return at + length
}
function within(length: number, index: number): number {
  if (index >= length) throw malformed(`The plan has nothing at ${index}`)
  return index
}

function malformed(what: string): BrickworkError {
  return new BrickworkError('ERR_PARSE', `The addon's tree can't be read: ${what}`)
}
