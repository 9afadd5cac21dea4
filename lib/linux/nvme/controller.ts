/** NVMe controllers as sysfs shows them (drivers/nvme/host/sysfs.c). A controller over a network is one connection to one portal. */
import type { Tree } from '../../core/tree.js'
import { word } from '../topology/tree.js'
import { type ControllerAddress, parseControllerAddress } from './address.js'
import { type NamespacePath, parsePath } from './namespace.js'

/** drivers/nvme/host/sysfs.c, nvme_sysfs_show_state. `unknown`: the controller is being removed, or the kernel names another state. */
const STATES = ['new', 'live', 'resetting', 'connecting', 'deleting', 'deleting (no IO)', 'dead'] as const
export type ControllerState = (typeof STATES)[number] | 'unknown'

/** The NQN of every discovery service (NVMe over Fabrics 1.1a, 5.2). */
export const DISCOVERY_NQN = 'nqn.2014-08.org.nvmexpress.discovery'

export interface NvmeController {
  /** `nvme3` */
  readonly name: string
  /** `/dev/nvme3`'s number. It is reused at once. */
  readonly instance: number
  /** `tcp`, `rdma`, `fc`, `loop`, `pcie`; `undefined` while the controller is being created or removed. */
  readonly transport: string | undefined
  /** `undefined` until the kernel has identified the controller: it may belong to any subsystem. */
  readonly nqn: string | undefined
  /** `address` as sysfs has it. It changes with the connection: a guard may compare only its beginning. */
  readonly addressText: string
  readonly address: ControllerAddress
  readonly state: ControllerState
  readonly kind: 'io' | 'discovery' | 'other'
  /** Number of the controller in its subsystem. It changes with each reconnect. */
  readonly cntlid: number | undefined
  readonly hostNqn: string | undefined
  readonly hostId: string | undefined
  /** Seconds for which it tries to reconnect; −1: for ever. */
  readonly ctrlLossTimeoutSec: number | undefined
  /** Number of its character device: `240:3`. */
  readonly device: string | undefined
  /** The namespaces that it shows, in the order of their names. */
  readonly namespaces: readonly NamespacePath[]
}

export const CONTROLLER_ATTRIBUTES = [
  'transport',
  'subsysnqn',
  'address',
  'state',
  'cntrltype',
  'cntlid',
  'hostnqn',
  'hostid',
  'dev',
  'ctrl_loss_tmo',
]

/** `undefined` for other names. */
export function parseController(tree: Tree): NvmeController | undefined {
  const instance = /^nvme([0-9]{1,9})$/.exec(tree.name)?.[1]
  if (instance === undefined) return undefined
  const nqn = known(tree, 'subsysnqn')
  const addressText = word(tree, 'address') ?? ''
  const cntlid = word(tree, 'cntlid')
  const state = word(tree, 'state')
  return {
    name: tree.name,
    instance: Number(instance),
    transport: word(tree, 'transport'),
    nqn,
    addressText,
    address: parseControllerAddress(addressText),
    state: STATES.find((each) => each === state) ?? 'unknown',
    kind: kindOf(word(tree, 'cntrltype'), nqn),
    cntlid: cntlid !== undefined && /^[0-9]{1,5}$/.test(cntlid) ? Number(cntlid) : undefined,
    hostNqn: known(tree, 'hostnqn'),
    hostId: known(tree, 'hostid')?.toLowerCase(),
    ctrlLossTimeoutSec: lossTimeout(word(tree, 'ctrl_loss_tmo')),
    device: word(tree, 'dev'),
    namespaces: tree.children().flatMap((each) => parsePath(each) ?? []),
  }
}

/** Until the kernel has identified a controller, it prints through a pointer that is not set yet: `(efault)`, `(null)` or nothing. */
function known(tree: Tree, attribute: string): string | undefined {
  const text = word(tree, attribute)
  return text === '(efault)' ? undefined : text
}
/** `off`, or tries × delay (drivers/nvme/host/sysfs.c, nvme_ctrl_loss_tmo_show). */
function lossTimeout(text: string | undefined): number | undefined {
  if (text === 'off') return -1
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined
}
/** Linux 5.10 has no `cntrltype`; before the controller is identified, the attribute is `reserved` or empty. */
function kindOf(type: string | undefined, nqn: string | undefined): NvmeController['kind'] {
  if (type === 'io' || type === 'discovery') return type
  if (type === undefined || type === 'reserved') return nqn === DISCOVERY_NQN ? 'discovery' : 'io'
  return 'other'
}

/** Whether the controller carries commands. */
export function isLive({ state }: Pick<NvmeController, 'state'>): boolean {
  return state === 'live'
}
/** Whether the controller will never carry a command again. The kernel then accepts an equal one beside it. */
export function isEnding({ state }: Pick<NvmeController, 'state'>): boolean {
  return state === 'deleting' || state === 'deleting (no IO)' || state === 'dead'
}
