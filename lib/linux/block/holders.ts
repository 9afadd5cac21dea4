/** Who uses a block device: what keeps it open exclusively, and who has it open without saying so. */
import type { Host, Openers } from '../../core/host.js'
import { MergedQuery, SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { Plan, Tree } from '../../core/tree.js'
import type { Holder } from '../../api/attachment.js'
import type { BlockDevice } from './device.js'
import { parseMountinfo } from './mountinfo.js'
import { attempt, commandOf, readMountTables } from './mount-tables.js'

export interface Holders {
  readonly holders: readonly Holder[]
  /** What could not be looked into, in words. */
  readonly unseen: readonly string[]
}

/** multipathd keeps the paths that it checks open; it does not use them. */
const CHECKER = 'multipathd'

const numbersOf = (device: BlockDevice) => [device.device, ...device.partitions.map((part) => part.device)]
const nodesOf = (device: BlockDevice) => [device.name, ...device.partitions.map((part) => part.name)].map((name) => `/dev/${name}`)

/** Openers that O_EXCL does not show: processes (QEMU, backup), loop devices and exports of this host. */
export async function silentHolders(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Holders> {
  const numbers = numbersOf(device)
  const { openers: all, unseen } = await until(queriesOf(host).openers.ask(numbers), signal)
  const openers = all.filter((each) => numbers.includes(each.device))
  const processes = await Promise.all(
    openers.map(async ({ pid }): Promise<Holder[]> => {
      const command = await attempt(host.files.read(`/proc/${pid}/comm`))
      if (command === undefined) return [] // it has ended meanwhile, and holds nothing
      return [{ kind: 'process', pid, ...(command === 'refused' ? {} : { command }) }]
    }),
  )
  return {
    holders: [...processes.flat().filter(({ command }) => command !== CHECKER), ...(await exportsOf(host, device, signal))],
    unseen: unseen === 0 ? [] : [`open files of ${unseen} processes (no permission)`],
  }
}

/** Those for whom an O_EXCL open is refused: devices built on it, mounts in any namespace, swap. */
export async function exclusiveHolders(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Holders> {
  const built = [...device.holders, ...device.partitions.flatMap((part) => part.holders)].map(
    (name): Holder => ({ kind: 'device', where: `/dev/${name}` }),
  )
  const swaps = (await host.files.read('/proc/swaps')) ?? ''
  const swapped = nodesOf(device)
    .filter((node) => swaps.split('\n').some((line) => line.startsWith(`${node} `)))
    .map((where): Holder => ({ kind: 'swap', where }))
  const mounted = await mountsOf(host, device, signal)
  const found = [...built, ...swapped, ...mounted.holders]
  return { holders: found, unseen: mounted.unseen }
}

async function mountsOf(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Holders> {
  const { tables, unseen } = await readMountTables(host, signal)
  const numbers = new Set(numbersOf(device))
  const holders: Holder[] = []
  for (const { pid, mountinfo } of tables)
    for (const { where, number } of parseMountinfo(mountinfo))
      if (numbers.has(number)) holders.push({ kind: 'mount', where, pid, ...(await commandOf(host, pid)) })
  return { holders, unseen }
}
/** nvmet namespaces and loop devices over this device; LIO opens exclusively and shows as such. */
async function exportsOf(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Holder[]> {
  const nodes = new Set(nodesOf(device))
  const { nvmet, loops } = await until(queriesOf(host).exports.ask(), signal)
  const exported: Holder[] = []
  for (const subsystem of nvmet.children())
    for (const namespace of subsystem.child('namespaces')?.children() ?? [])
      if (namespace.text('enable') === '1' && nodes.has(namespace.text('device_path') ?? ''))
        exported.push({ kind: 'export', where: `nvmet ${subsystem.name} namespace ${namespace.name}` })
  for (const loop of loops.children())
    if (nodes.has(loop.text('loop/backing_file') ?? '')) exported.push({ kind: 'export', where: `/dev/${loop.name}` })
  return exported
}

/** All processes' open files, and all exports: in a storm many ask for their own devices at once, and one look answers them. */
interface Queries {
  readonly openers: MergedQuery<string, Openers>
  readonly exports: SharedQuery<{ readonly nvmet: Tree; readonly loops: Tree }>
}
const queries = new WeakMap<Host, Queries>()
function queriesOf(host: Host): Queries {
  const known = queries.get(host) ?? {
    openers: new MergedQuery(host.clock, (devices) => host.kernel.openers(devices, never())),
    exports: new SharedQuery(host.clock, async () => {
      const [nvmet, loops] = await Promise.all([host.kernel.readTree(nvmetNamespaces, never()), host.kernel.readTree(loopDevices, never())])
      return { nvmet, loops }
    }),
  }
  queries.set(host, known)
  return known
}
const never = () => new AbortController().signal
const nvmetNamespaces: Plan = {
  root: '/sys/kernel/config/nvmet/subsystems',
  node: {
    children: [
      {
        pattern: '*',
        node: {
          children: [{ pattern: 'namespaces', node: { children: [{ pattern: '*', node: { attributes: ['device_path', 'enable'] } }] } }],
        },
      },
    ],
  },
}
const loopDevices: Plan = {
  root: '/sys/block',
  node: { children: [{ pattern: 'loop*', follow: true, node: { attributes: ['loop/backing_file'] } }] },
}
