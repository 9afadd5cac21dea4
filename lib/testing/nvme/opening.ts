import type { Base } from '../machine/base.js'
import type { Network } from '../storage/network.js'
import type { ConnectOptions } from './options.js'
import type { NvmeTarget, NvmeTargets } from './targets.js'

/** The kernel's own time-outs (drivers/nvme/host/tcp.c): one SYN is repeated; the answer to a greeting; an admin command. */
const SYN_MS = 3_000
const GREETING_MS = 10_000
const ADMIN_MS = 60_000
/** From the TCP connection to the last queue. */
const QUEUES_MS = 20
const REFUSED_MS = 10
const WAITS = { unreachable: SYN_MS, drop: SYN_MS, refuse: REFUSED_MS, mute: GREETING_MS, open: QUEUES_MS } as const
const ERRORS = { unreachable: 'EHOSTUNREACH', drop: 'ETIMEDOUT', refuse: 'ECONNREFUSED', mute: 'EAGAIN' } as const

/** Opens the connection of a new controller. Returns its target, or the error of the write. */
export async function openConnection(
  base: Base,
  { network, targets }: { readonly network: Network; readonly targets: NvmeTargets },
  { nqn, portal }: ConnectOptions,
): Promise<NvmeTarget | string> {
  const reachability = network.reachability(portal)
  await base.wait(WAITS[reachability])
  if (reachability !== 'open') return ERRORS[reachability]
  if (!targets.speaksNvme(portal)) {
    await base.wait(GREETING_MS)
    return 'EAGAIN'
  }
  if (targets.isSilent(portal)) {
    await base.wait(ADMIN_MS)
    return 'EIO'
  }
  // Any NVMe status is EIO.
  return targets.targetAt(nqn, portal) ?? 'EIO'
}
