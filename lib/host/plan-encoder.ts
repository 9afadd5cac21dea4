import type { PlanNode } from '../core/tree.js'
import type { EncodedPlan } from './native.js'

const known = new WeakMap<PlanNode, EncodedPlan>()

/** Fills in the defaults of a plan. Plans are constants of `linux/`, so each is encoded once. */
export function encodePlan(node: PlanNode): EncodedPlan {
  const before = known.get(node)
  if (before !== undefined) return before
  const encoded = {
    attributes: node.attributes ?? [],
    links: node.links ?? [],
    children: (node.children ?? []).map(({ pattern, names, follow, where, node: inner }) => ({
      pattern,
      ...(names === undefined ? {} : { names }),
      ...(where === undefined ? {} : { where }),
      follow: follow ?? false,
      node: encodePlan(inner),
    })),
  }
  known.set(node, encoded)
  return encoded
}
