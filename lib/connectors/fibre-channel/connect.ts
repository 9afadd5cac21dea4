/** Waits for a remote port: there is nothing else that a host can do, and nothing to log in to. */
import { BrickworkError } from '../../core/errors.js'
import { Window } from '../../core/deadline.js'
import { first } from '../../core/signal.js'
import { type LocalPort, readLocalPorts } from '../../linux/fc/local-port.js'
import { whyUnreached } from '../../linux/fc/remote-port.js'
import { UNANNOUNCED_MS } from '../../linux/wait.js'
import type { Operation } from '../../operation/operation.js'
import { findNexus, type FcNexus } from './nexus.js'
import type { FcPath } from './pairs.js'

/** The kernel announces a port that it has not seen before. It announces no change of state or role. */
const APPEARS = 'subsystem:fc_remote_ports'
/** The answer says which ports there are, so it must come before the deadline ends the operation. */
const ANSWER_MS = 100

/** @throws `ERR_TARGET_NOT_FOUND` when no port of the host sees the target port in time; `ERR_TARGET_UNREACHABLE` when it is not up. */
export async function connect(operation: Operation, path: FcPath, shareMs: number): Promise<FcNexus> {
  const { host, signal } = operation
  const now = await upNow(operation, path)
  if (now !== undefined) return now
  using watch = await host.events.watch([APPEARS])
  using window = new Window(host.clock, Math.max(0, shareMs - ANSWER_MS), signal, `remote port ${path.target}`)
  const wait = async (): Promise<FcNexus> => {
    for (;;) {
      const found = await upNow({ host, signal: window.signal }, path)
      if (found !== undefined) return found
      await first(
        window.signal,
        (ended) => watch.next(ended),
        (ended) => host.clock.sleep(UNANNOUNCED_MS, ended),
      )
    }
  }
  try {
    return await operation.progress.step('wait-for-port', wait, path.label)
  } catch (error) {
    if (signal.aborted || !window.signal.aborted) throw error
    throw failure(path, await readLocalPorts(host, signal), error)
  }
}
async function upNow(operation: Pick<Operation, 'host' | 'signal'>, path: FcPath): Promise<FcNexus | undefined> {
  const nexus = await findNexus(operation, path)
  return nexus === undefined || whyUnreached(nexus.remote) !== undefined ? undefined : nexus
}

function failure({ label, target, among }: FcPath, ports: readonly LocalPort[], cause: unknown): BrickworkError {
  const part = ports.filter(({ wwpn }) => among.includes(wwpn))
  const seen = part.flatMap(({ remote }) => remote.filter(({ wwpn }) => wwpn === target))
  const [why] = seen.flatMap((remote) => whyUnreached(remote) ?? [])
  if (seen.length > 0)
    return new BrickworkError('ERR_TARGET_UNREACHABLE', `The remote port of ${label} did not come up: ${why ?? 'it has just come up'}`, {
      details: { path: label, target },
      cause,
    })
  const isNode = ports.some(({ remote }) => remote.some(({ wwnn }) => wwnn === target))
  const hint = isNode ? '. A remote port has this name as the name of its node: the connection needs names of ports' : ''
  const there = part.map(({ wwpn, remote }) => `${wwpn} sees ${remote.map((each) => each.wwpn).join(', ') || 'no port'}`).join('; ')
  return new BrickworkError('ERR_TARGET_NOT_FOUND', `No port of this host sees the target port ${target}: ${there}${hint}`, {
    details: { path: label, target },
    cause,
  })
}
