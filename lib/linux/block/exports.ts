/** Devices that the kernel itself has open: namespaces of nvmet, backstores of LIO, loop devices. No process has them open. */
import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { Plan, PlanNode, Tree } from '../../core/tree.js'
import type { Found, Leads } from './leads.js'
import { followPath } from './node-paths.js'

/** One export, and the path by which its user named the device. */
interface Export {
  readonly where: string
  readonly path: string
  /** Other programs can't open the device with O_EXCL while it is exported. */
  readonly exclusive: boolean
}
export interface Exports {
  readonly exclusive: readonly Found[]
  readonly silent: readonly Found[]
  /** What could not be read, as text for messages. */
  readonly unseen: readonly string[]
}

/**
 * Resolves the path of each export before it compares devices: administrators configure links, and the kernel keeps paths as they were
 * written.
 */
export async function exportsOf(host: Host, { nodes }: Pick<Leads, 'nodes'>, signal: AbortSignal): Promise<Exports> {
  const tree = await until(queryOf(host).ask(), signal)
  const config = tree.child('kernel')?.child('config')
  const [nvmet, lio] = [config?.child('nvmet')?.child('subsystems'), config?.child('target')?.child('core')]
  const found: { readonly each: Export; readonly on: string }[] = []
  const unseen: string[] = []
  for (const each of [...namespacesIn(nvmet), ...backstoresIn(lio), ...loopsIn(tree.child('block'))]) {
    const named = nodes.find(({ name }) => each.path === `/dev/${name}`)
    const target = named ?? (await followPath(host, each.path, signal))
    if (target === 'nowhere') unseen.push(`${each.where} (cannot resolve ${each.path})`)
    const node = typeof target === 'object' ? nodes.find(({ device }) => device === target.device) : undefined
    if (node !== undefined) found.push({ each, on: node.device })
  }
  const of = (exclusive: boolean): Found[] =>
    found
      .filter(({ each }) => each.exclusive === exclusive)
      .map(({ each: { where }, on }) => ({ holder: { kind: 'export', where }, on, opens: 1 }))
  return { exclusive: of(true), silent: of(false), unseen }
}

/** drivers/nvme/target/configfs.c */
function namespacesIn(nvmet: Tree | undefined): Export[] {
  return (nvmet?.children() ?? []).flatMap((subsystem) =>
    (subsystem.child('namespaces')?.children() ?? []).flatMap((namespace) => {
      const path = namespace.text('device_path')
      if (namespace.text('enable') !== '1' || path === undefined) return []
      return [{ where: `nvmet ${subsystem.name} namespace ${namespace.name}`, path, exclusive: false }]
    }),
  )
}
/** drivers/target/target_core_configfs.c. Only fileio opens its device like a file, without O_EXCL. */
function backstoresIn(lio: Tree | undefined): Export[] {
  return (lio?.children() ?? []).flatMap((adapter) =>
    adapter.children().flatMap((backstore) => {
      const path = /File: (\S+)/.exec(backstore.text('info') ?? '')?.[1] ?? backstore.text('udev_path')
      if (backstore.text('enable') !== '1' || path === undefined || path === '') return []
      return [{ where: `LIO ${adapter.name}/${backstore.name}`, path, exclusive: !adapter.name.startsWith('fileio_') }]
    }),
  )
}
/** drivers/block/loop.c. The kernel has already resolved the path. */
function loopsIn(block: Tree | undefined): Export[] {
  return (block?.children() ?? []).flatMap((loop) => {
    const path = loop.text('loop/backing_file')
    return path?.startsWith('/dev/') === true ? [{ where: `/dev/${loop.name}`, path, exclusive: false }] : []
  })
}

/** During an attach storm, callers that ask at the same time share one query. */
const queries = new WeakMap<Host, SharedQuery<Tree>>()
function queryOf(host: Host): SharedQuery<Tree> {
  const known = queries.get(host) ?? new SharedQuery(host.clock, () => host.kernel.readTree(exported, NEVER))
  queries.set(host, known)
  return known
}
/** A directory of this name in another one, which is not listed for it. */
const inside = (name: string, node: PlanNode): PlanNode => ({ children: [{ pattern: name, names: [name], node }] })
const all = (pattern: string, node: PlanNode): PlanNode => ({ children: [{ pattern, node }] })
const namespaces = all('*', all('namespaces', all('*', { attributes: ['device_path', 'enable'] })))
const backstores: PlanNode = {
  children: ['fileio_*', 'iblock_*', 'pscsi_*'].map((pattern) => ({
    pattern,
    node: all('*', { attributes: ['info', 'udev_path', 'enable'] }),
  })),
}
const loops: PlanNode = { children: [{ pattern: 'loop*', follow: true, node: { attributes: ['loop/backing_file'] } }] }
/** All three in one call. */
const exported: Plan = {
  root: '/sys',
  node: {
    children: [
      {
        pattern: 'kernel',
        names: ['kernel'],
        node: inside('config', {
          children: [
            { pattern: 'nvmet', names: ['nvmet'], node: inside('subsystems', namespaces) },
            { pattern: 'target', names: ['target'], node: inside('core', backstores) },
          ],
        }),
      },
      { pattern: 'block', names: ['block'], node: loops },
    ],
  },
}
