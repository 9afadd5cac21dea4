/** NVMe subsystems and controllers. The paths of a namespace (`nvme0c1n1`) are not devices: they are hidden disks of their controllers. */
import type { Tree } from '../../core/tree.js'
import type { NvmeControllerNode, NvmeSubsystemNode, PathNode } from '../../api/topology.js'
import { below, word, words } from './tree.js'

export interface NvmeTopology {
  readonly subsystems: readonly NvmeSubsystemNode[]
  readonly controllers: readonly NvmeControllerNode[]
  /** By name of the namespace (`nvme0n1`). */
  readonly namespaces: ReadonlyMap<string, NvmeNamespace>
}
export interface NvmeNamespace {
  readonly subsystem: string | undefined
  readonly controllers: readonly string[]
  readonly paths: readonly PathNode[]
}

export function parseNvme(classes: Tree): NvmeTopology {
  const trees = below(classes, 'nvme')
  const members = below(classes, 'nvme-subsystem').map((tree) => ({ tree, names: tree.children().map(({ name }) => name) }))
  const subsystemOf = new Map(members.flatMap(({ tree, names }) => names.map((name) => [name, tree.name] as const)))
  const namespaces = new Map<string, NvmeNamespace>()
  for (const controller of trees)
    for (const each of controller.children()) {
      const name = each.name.replace(/^(nvme[0-9]+)c[0-9]+(n[0-9]+)$/, '$1$2')
      const before = namespaces.get(name)
      const state = word(each, 'ana_state')
      const path = { name: each.name, controller: controller.name, ...(state === undefined ? {} : { state }) }
      namespaces.set(name, {
        subsystem: subsystemOf.get(controller.name),
        controllers: [...(before?.controllers ?? []), controller.name],
        // Without native multipath, the namespace itself is below its controller.
        paths: [...(before?.paths ?? []), ...(name === each.name ? [] : [path])],
      })
    }
  return {
    subsystems: members.flatMap(({ tree, names }) => parseSubsystem(tree, names, namespaces) ?? []),
    controllers: trees.flatMap((tree) => parseController(tree, subsystemOf.get(tree.name)) ?? []),
    namespaces,
  }
}

function parseSubsystem(tree: Tree, names: readonly string[], namespaces: NvmeTopology['namespaces']): NvmeSubsystemNode | undefined {
  const nqn = word(tree, 'subsysnqn')
  if (nqn === undefined) return undefined
  const own = [...namespaces].filter(([, { subsystem }]) => subsystem === tree.name).map(([name]) => name)
  const heads = names.filter((name) => /^nvme[0-9]+n[0-9]+$/.test(name))
  return {
    name: tree.name,
    nqn,
    ...words(tree, { model: 'model', serial: 'serial', ioPolicy: 'iopolicy' }),
    controllers: names.filter((name) => /^nvme[0-9]+$/.test(name)),
    namespaces: [...new Set([...heads, ...own])].sort(),
  }
}
function parseController(tree: Tree, subsystem: string | undefined): NvmeControllerNode | undefined {
  const state = word(tree, 'state')
  const cntlid = word(tree, 'cntlid')
  if (state === undefined) return undefined
  return {
    name: tree.name,
    transport: word(tree, 'transport') ?? 'unknown',
    ...words(tree, { address: 'address' }),
    state,
    ...(subsystem === undefined ? {} : { subsystem }),
    ...(cntlid === undefined ? {} : { cntlid: Number(cntlid) }),
  }
}
