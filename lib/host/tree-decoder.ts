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
  const reader = Reader.over(bytes)
  const present = reader.u8()
  if (present === 0) return new TreeNode(name, { attributes: new Map(), links: new Map(), children: [] })
  if (present !== 1) throw malformed(`Starts with ${present}`)
  return openNode(reader, plan)
}

interface Content {
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly links: ReadonlyMap<string, Reader>
  readonly children: readonly Child[]
}
type Attribute = { readonly value: Reader } | { readonly errno: number }
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
    const text = this.#value(attribute)?.peekText()
    return text?.endsWith('\n') === true ? text.slice(0, -1) : text
  }
  bytes(attribute: string): Uint8Array | undefined {
    return this.#value(attribute)?.peekBytes()
  }
  error(attribute: string): string | undefined {
    const found = this.#content.attributes.get(attribute)
    return found !== undefined && 'errno' in found ? errnoName(found.errno) : undefined
  }
  link(name: string): string | undefined {
    return this.#content.links.get(name)?.peekText()
  }
  children(pattern?: string): readonly Tree[] {
    const { children } = this.#content
    return children.filter((child) => pattern === undefined || child.pattern === pattern).map((child) => child.tree)
  }
  child(name: string): Tree | undefined {
    return this.#content.children.find((child) => child.tree.name === name)?.tree
  }
  #value(attribute: string): Reader | undefined {
    const found = this.#content.attributes.get(attribute)
    return found !== undefined && 'value' in found ? found.value : undefined
  }
  get #content(): Content {
    if (typeof this.#source === 'function') this.#source = this.#source()
    return this.#source
  }
}

function openNode(reader: Reader, plan: EncodedPlan): TreeNode {
  const name = reader.text(reader.u16())
  return new TreeNode(name, () => decodeContent(reader.fork(), plan))
}

function decodeContent(reader: Reader, plan: EncodedPlan): Content {
  const attributes = new Map<string, Attribute>()
  for (let left = reader.u16(); left > 0; left--) {
    const name = at(plan.attributes, reader.u16())
    attributes.set(name, decodeAttribute(reader))
  }
  const links = new Map<string, Reader>()
  for (let left = reader.u16(); left > 0; left--) {
    const name = at(plan.links, reader.u16())
    links.set(name, reader.part(reader.u32()))
  }
  const children: Child[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const { pattern, node } = at(plan.children, reader.u16())
    children.push({ pattern, tree: openNode(reader.part(reader.u32()), node) })
  }
  if (reader.left > 0) throw malformed(`${reader.left} bytes too many`)
  return { attributes, links, children: children.sort(byName) }
}

function decodeAttribute(reader: Reader): Attribute {
  const failed = reader.u8()
  if (failed > 1) throw malformed(`An attribute has the status ${failed}`)
  const value = reader.part(reader.u32())
  return failed === 1 ? { errno: value.u32() } : { value }
}

function byName(one: Child, other: Child): number {
  return one.tree.name < other.tree.name ? -1 : one.tree.name > other.tree.name ? 1 : 0
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw malformed(`The plan has nothing at ${index}`)
  return found
}

function malformed(what: string): BrickworkError {
  return new BrickworkError('ERR_PARSE', `The addon's tree can't be read: ${what}`)
}
