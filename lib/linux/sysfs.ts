import type { PlanChild, Tree } from '../core/tree.js'

/** Reads the names of the devices that a directory of links leads to: `holders`, `slaves`. */
export function linksIn(pattern: string): PlanChild {
  return { pattern, node: { children: [{ pattern: '*', follow: true, node: {} }] } }
}
export function namesIn(tree: Tree, directory: string): string[] {
  const children = tree.child(directory)?.children() ?? []
  return children.map(({ name }) => name)
}
