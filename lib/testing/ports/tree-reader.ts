/** Reads trees by a plan, as the addon does in one call. */
import { posix } from 'node:path'

import { matchesPattern, type PlainAttribute, type PlainChild, PlainTree } from '../../core/plain-tree.js'
import type { Plan, PlanCondition, PlanNode, Tree } from '../../core/tree.js'
import type { FileTree, Found } from '../files/file-tree.js'
import { type Content, contentOf, type Node } from '../files/nodes.js'

/** The largest file that is read together with others, in bytes (native/core/small_file.h). */
export const LARGEST = 64 * 1024

export function readTree(tree: FileTree, { root, node }: Plan): Tree {
  return readDirectory(tree, tree.find(root), root, posix.basename(root), node)
}

function readDirectory(tree: FileTree, found: Found | undefined, path: string, name: string, plan: PlanNode, entry?: Node): Tree {
  const attributes = new Map<string, PlainAttribute>()
  const failureOf = tree.unsettled.failuresIn(found?.path ?? path, plan.attributes?.length ?? 0)
  for (const [place, attribute] of (plan.attributes ?? []).entries()) {
    const node = below(tree, found, path, attribute, 'follow')?.node
    const failure = failureOf(place)
    // The addon treats ENODEV as absence (native/core/sys_error.h).
    if (node === undefined || failure === 'ENODEV') continue
    const content = failure === undefined ? contentAt(node) : { errno: failure }
    attributes.set(attribute, content instanceof Uint8Array ? wholeOf(content) : content)
  }
  const links = new Map<string, string>()
  for (const link of plan.links ?? []) {
    const node = link === '.' ? entry : below(tree, found, path, link, 'keep')?.node
    if (node?.kind === 'link') links.set(link, node.target)
  }
  const children = (plan.children ?? []).length === 0 ? [] : namesOf(found).flatMap((child) => readChild(tree, found, path, child, plan))
  return new PlainTree(name, attributes, links, children)
}

function contentAt(node: Node): Content {
  return node.kind === 'file' ? contentOf(node) : { errno: node.kind === 'directory' ? 'EISDIR' : 'EINVAL' }
}
function namesOf(found: Found | undefined): string[] {
  return found?.node.kind === 'directory' ? [...found.node.entries.keys()].sort() : []
}
function entryOf({ node }: Found, name: string): Node | undefined {
  return node.kind === 'directory' ? node.entries.get(name) : undefined
}
/** The node that a name leads to. Only links and names with several parts need the whole path. */
function below(tree: FileTree, found: Found | undefined, path: string, name: string, last: 'follow' | 'keep'): Found | undefined {
  const direct = found && entryOf(found, name)
  if (direct !== undefined && found !== undefined && (direct.kind !== 'link' || last === 'keep'))
    return { path: `${found.path}/${name}`, node: direct }
  return direct === undefined && !name.includes('/') ? undefined : tree.find(`${path}/${name}`, last)
}

/** A file that is too large is an error: it is never cut off silently. */
function wholeOf(bytes: Uint8Array): PlainAttribute {
  return bytes.length > LARGEST ? { errno: 'EFBIG' } : { bytes }
}

function readChild(tree: FileTree, parent: Found | undefined, path: string, name: string, plan: PlanNode): PlainChild[] {
  const entry = (plan.children ?? []).find(({ pattern, names }) => names?.includes(name) ?? matchesPattern(pattern, name))
  const found = entry && below(tree, parent, path, name, entry.follow === true ? 'follow' : 'keep')
  if (entry === undefined || found?.node.kind !== 'directory') return []
  if (entry.where !== undefined && !isTrue(tree, found, entry.where)) return []
  return [{ pattern: entry.pattern, tree: readDirectory(tree, found, found.path, name, entry.node, parent && entryOf(parent, name)) }]
}

function isTrue(tree: FileTree, found: Found, { attribute, among }: PlanCondition): boolean {
  const said = readDirectory(tree, found, found.path, '', { attributes: [attribute] })
  const text = said.text(attribute)
  return text === undefined ? said.error(attribute) !== undefined : among.includes(text)
}
