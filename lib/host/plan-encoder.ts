import type { PlanNode } from '../core/tree.js'
import type { EncodedPlan, PackedPlan } from './encoded.js'

const known = new WeakMap<PlanNode, EncodedPlan>()
const packed = new WeakMap<EncodedPlan, PackedPlan>()

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

/** The same with each list of names as one text. @throws a TypeError if a name contains NUL */
export function packPlan(plan: EncodedPlan): PackedPlan {
  const before = packed.get(plan)
  if (before !== undefined) return before
  const made = {
    attributes: packNames(plan.attributes),
    links: packNames(plan.links),
    children: plan.children.map(({ names, node, ...child }) => ({
      ...child,
      ...(names === undefined ? {} : { names: packNames(names) }),
      node: packPlan(node),
    })),
  }
  packed.set(plan, made)
  return made
}
function packNames(names: readonly string[]): string {
  if (names.some((name) => name.includes('\0'))) throw new TypeError('A name in a plan contains NUL')
  return names.length === 0 ? '' : `${names.join('\0')}\0`
}
