/** Reads NVMe subsystems with their controllers, heads and paths from sysfs. */
import type { Host } from '../../core/host.js'
import type { Plan, PlanChild, PlanCondition, PlanNode, Tree } from '../../core/tree.js'
import { linksIn } from '../sysfs.js'
import { word } from '../topology/tree.js'
import { CONTROLLER_ATTRIBUTES, type NvmeController, parseController } from './controller.js'
import { IDS, type NamespaceHead, parseHead } from './namespace.js'

/** All controllers of one host with one NQN. */
export interface NvmeSubsystem {
  /** `nvme-subsys0` */
  readonly name: string
  readonly nqn: string
  readonly model: string | undefined
  readonly serial: string | undefined
  /** How I/O is distributed among the paths: `numa`, `round-robin`, `queue-depth`. */
  readonly ioPolicy: string | undefined
  /** Names of its controllers. */
  readonly controllers: readonly string[]
  /** In the order of their names. A namespace none of whose paths was ever accessible has no head. */
  readonly heads: readonly NamespaceHead[]
}
/** What the host has of one NQN. */
export interface SubsystemSeen {
  /** Usually one. A second one is there only for a moment, while the first one goes. */
  readonly subsystems: readonly NvmeSubsystem[]
  /** The controllers of the NQN, in the order of their numbers. */
  readonly controllers: readonly NvmeController[]
  /** Controllers that the kernel has not identified yet: they may belong to the NQN. */
  readonly unidentified: readonly NvmeController[]
}

const disk = ['dev', 'size', 'ro', 'diskseq', 'queue/logical_block_size']
const path: PlanChild = { pattern: 'nvme*', node: { attributes: [...disk, ...IDS, 'ana_state'], children: [linksIn('holders')] } }
const controller: PlanNode = { attributes: CONTROLLER_ATTRIBUTES, children: [path] }
const subsystem: PlanNode = {
  attributes: ['subsysnqn', 'model', 'serial', 'iopolicy'],
  children: [
    { pattern: 'nvme*n*', node: { attributes: [...disk, ...IDS], children: [linksIn('holders')] } },
    { pattern: 'ng*', node: { attributes: ['dev'] } },
    // The controllers, by links.
    { pattern: 'nvme*', follow: true, node: {} },
  ],
}
const within = (name: string, pattern: string, node: PlanNode, where?: PlanCondition): PlanChild => ({
  pattern: name,
  node: { children: [{ pattern, follow: true, node, ...(where === undefined ? {} : { where }) }] },
})

/**
 * Everything about one NQN. The work does not depend on the other subsystems of the host, whose controllers are not entered.
 */
export async function readSubsystem(host: Host, nqn: string, signal: AbortSignal): Promise<SubsystemSeen> {
  const where = { attribute: 'subsysnqn', among: [nqn, '(efault)', '(null)', ''] }
  return seenIn(await host.kernel.readTree(plan(where), signal), nqn)
}

/** Every controller of the host, on PCI too. */
export async function readControllers(host: Host, signal: AbortSignal): Promise<readonly NvmeController[]> {
  const tree = await host.kernel.readTree({ root: '/sys/class/nvme', node: controllersNamed('nvme*') }, signal)
  return byInstance(tree.children().flatMap((each) => parseController(each) ?? []))
}
/** One controller by its name; `undefined` when there is none. */
export async function readController(host: Host, name: string, signal: AbortSignal): Promise<NvmeController | undefined> {
  const tree = await host.kernel.readTree({ root: '/sys/class/nvme', node: controllersNamed(name) }, signal)
  return tree.children().flatMap((each) => parseController(each) ?? [])[0]
}
/** The inode of a controller's link in sysfs, which outlives every reconnect and no controller; `undefined` when there is no such name. */
export async function controllerInode({ files }: Host, name: string): Promise<string | undefined> {
  return (await files.stat(`/sys/class/nvme/${name}`))?.inode
}
const controllersNamed = (pattern: string): PlanNode => ({ children: [{ pattern, follow: true, node: controller }] })

const plan = (where: PlanCondition): Plan => ({
  root: '/sys/class',
  node: { children: [within('nvme', 'nvme*', controller, where), within('nvme-subsystem', 'nvme-subsys*', subsystem, where)] },
})

function seenIn(tree: Tree, nqn: string): SubsystemSeen {
  const controllers = byInstance((tree.child('nvme')?.children() ?? []).flatMap((each) => parseController(each) ?? []))
  const subsystems = (tree.child('nvme-subsystem')?.children() ?? []).flatMap((each) => parseSubsystem(each) ?? [])
  return {
    subsystems: subsystems.filter((each) => each.nqn === nqn),
    controllers: controllers.filter((each) => each.nqn === nqn),
    unidentified: controllers.filter((each) => each.nqn === undefined),
  }
}

function parseSubsystem(tree: Tree): NvmeSubsystem | undefined {
  const nqn = word(tree, 'subsysnqn')
  if (nqn === undefined) return undefined
  const entries = tree.children()
  const characters = new Map(entries.flatMap((each) => (each.name.startsWith('ng') ? [[each.name, each.text('dev') ?? ''] as const] : [])))
  return {
    name: tree.name,
    nqn,
    model: word(tree, 'model'),
    serial: word(tree, 'serial'),
    ioPolicy: word(tree, 'iopolicy'),
    controllers: entries.map(({ name }) => name).filter((name) => /^nvme[0-9]+$/.test(name)),
    heads: entries.flatMap((each) => parseHead(each, characters) ?? []),
  }
}
function byInstance(controllers: readonly NvmeController[]): NvmeController[] {
  return [...controllers].sort((a, b) => a.instance - b.instance)
}
