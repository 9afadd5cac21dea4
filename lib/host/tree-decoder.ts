/**
 * Trees as the addon hands them over, little endian:
 *
 *     tree  := u8 present (0: no such directory, and nothing follows) node
 *     node  := u16 length, name; u16 count, attribute*; u16 count, link*; u32 count, child*
 *     attribute := u16 index into the plan's attributes; u8 0 read or 1 failed; u32 length, bytes (failed: u32 errno)
 *     link  := u16 index into the plan's links; u32 length, bytes
 *     child := u16 index into the plan's children; u32 length of the node; node
 *
 * A directory is decoded when something in it is asked for; most of a picture of the whole host never is.
 */
import { BrickworkError } from '../core/errors.js'
import type { Tree } from '../core/tree.js'
import { errnoName } from './errors.js'
import type { EncodedPlan } from './native.js'
import { Reader } from './reader.js'

/** @throws `ERR_PARSE`, also later: when a part that is asked for turns out not to be what it should be. */
export function decodeTree(bytes: Uint8Array, plan: EncodedPlan, name: string): Tree {
  const reader = new Reader(bytes)
  const present = reader.u8()
  if (present === 0) return new TreeNode(name, { attributes: new Map(), links: new Map(), children: [] })
  if (present !== 1) throw malformed(`Starts with ${present}`)
  return openNode(reader.rest(), plan)
}

interface Content {
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly links: ReadonlyMap<string, Uint8Array>
  readonly children: readonly Child[]
}
type Attribute = { readonly bytes: Uint8Array } | { readonly errno: number }
interface Child {
  readonly pattern: string
  readonly tree: TreeNode
}

class TreeNode implements Tree {
  readonly name: string
  #source: Content | (() => Content)

  constructor(name: string, source: Content | (() => Content)) {
    this.name = name
    this.#source = source
  }
  text(attribute: string): string | undefined {
    const bytes = this.bytes(attribute)
    return bytes === undefined ? undefined : textOf(bytes).replace(/\n$/, '')
  }
  bytes(attribute: string): Uint8Array | undefined {
    const found = this.#content.attributes.get(attribute)
    return found !== undefined && 'bytes' in found ? found.bytes : undefined
  }
  error(attribute: string): string | undefined {
    const found = this.#content.attributes.get(attribute)
    return found !== undefined && 'errno' in found ? errnoName(found.errno) : undefined
  }
  link(name: string): string | undefined {
    const bytes = this.#content.links.get(name)
    return bytes === undefined ? undefined : textOf(bytes)
  }
  children(pattern?: string): readonly Tree[] {
    const { children } = this.#content
    return children.filter((child) => pattern === undefined || child.pattern === pattern).map((child) => child.tree)
  }
  child(name: string): Tree | undefined {
    return this.#content.children.find((child) => child.tree.name === name)?.tree
  }
  get #content(): Content {
    if (typeof this.#source === 'function') this.#source = this.#source()
    return this.#source
  }
}

function openNode(bytes: Uint8Array, plan: EncodedPlan): TreeNode {
  const reader = new Reader(bytes)
  const name = textOf(reader.bytes(reader.u16()))
  const content = reader.rest()
  return new TreeNode(name, () => decodeContent(new Reader(content), plan))
}

function decodeContent(reader: Reader, plan: EncodedPlan): Content {
  const attributes = new Map<string, Attribute>()
  for (let left = reader.u16(); left > 0; left--) {
    const name = at(plan.attributes, reader.u16())
    attributes.set(name, decodeAttribute(reader))
  }
  const links = new Map<string, Uint8Array>()
  for (let left = reader.u16(); left > 0; left--) {
    const name = at(plan.links, reader.u16())
    links.set(name, reader.bytes(reader.u32()))
  }
  const children: Child[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const { pattern, node } = at(plan.children, reader.u16())
    children.push({ pattern, tree: openNode(reader.bytes(reader.u32()), node) })
  }
  if (reader.left > 0) throw malformed(`${reader.left} bytes too many`)
  return { attributes, links, children: children.sort(byName) }
}

function decodeAttribute(reader: Reader): Attribute {
  const failed = reader.u8()
  if (failed > 1) throw malformed(`An attribute has the status ${failed}`)
  const bytes = reader.bytes(reader.u32())
  return failed === 1 ? { errno: new Reader(bytes).u32() } : { bytes }
}

function byName(one: Child, other: Child): number {
  return one.tree.name < other.tree.name ? -1 : one.tree.name > other.tree.name ? 1 : 0
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw malformed(`The plan has nothing at ${index}`)
  return found
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function malformed(what: string): BrickworkError {
  return new BrickworkError('ERR_PARSE', `The addon's tree can't be read: ${what}`)
}
