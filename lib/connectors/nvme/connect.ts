/** Connects a path by one write to `/dev/nvme-fabrics`. A write that has begun can't be cancelled: its controller is deleted when it comes. */
import { BrickworkError } from '../../core/errors.js'
import type { FabricsOutcome } from '../../core/host.js'
import { Secret } from '../../core/secret.js'
import { LinkedSignal, onAbort } from '../../core/signal.js'
import { controllerInode } from '../../linux/nvme/read.js'
import type { Operation } from '../../operation/operation.js'
import type { HostPair } from './host-pair.js'
import { connectError } from './connect-errors.js'
import { controllerKey, controllerObject, FABRICS_LOCK, pendingConnect } from './objects.js'
import type { PortalPath } from './portal-path.js'

/** The kernel answers a connect to a portal that has greeted within this time, unless the portal then falls silent. */
const LONGEST_CONNECT_MS = 15_000

/** Writes in progress of this process, by key of their pending work. Each ends when the kernel has answered and nothing is left to do. */
export class ConnectRegistry {
  readonly #running = new Map<string, Promise<void>>()

  running(key: string): Promise<void> | undefined {
    return this.#running.get(key)
  }
  add(key: string, ended: Promise<void>): void {
    this.#running.set(key, ended)
    const forget = () => {
      if (this.#running.get(key) === ended) this.#running.delete(key)
    }
    ended.then(forget, forget)
  }
}

export interface Connect {
  readonly portalPath: PortalPath
  readonly pair: HostPair
  /** The option string. */
  readonly text: string
  /** Numbers of the controllers of the subsystem that exist now. */
  readonly before: readonly number[]
}

/**
 * Returns the number of the new controller, which is recorded. `exists`: an equal controller exists, or is being made or removed. The caller
 * holds the lock of the path.
 * @throws the error that the kernel's errno means.
 */
export async function connectPath(
  operation: Operation,
  registry: ConnectRegistry,
  { portalPath, pair, text, before }: Connect,
): Promise<number | 'exists'> {
  const { claim, host } = operation
  const lock = await operation.lock(FABRICS_LOCK)
  const pending = pendingConnect(portalPath, pair, Math.round(host.clock.wallMs()) + LONGEST_CONNECT_MS, before)
  // One write of the claim for both.
  const recorded = Promise.all([claim.own(controllerObject(portalPath, pair, undefined, 'intended')), claim.pend(pending)])
  const outcome = await recorded.then(
    async () => {
      claim.requireRecorded(pending.key)
      return await written(operation, registry, pending.key, text, () => lock.release())
    },
    async (error: unknown) => {
      await lock.release()
      throw error
    },
  )
  if (outcome.outcome === 'connected') {
    try {
      // The helper's handle keeps the number from being given out again.
      const inode = await controllerInode(host, `nvme${outcome.instance}`)
      const known = { instance: outcome.instance, inode }
      await Promise.all([claim.own(controllerObject(portalPath, pair, known, 'created')), claim.resolved(pending.key)])
    } catch (error) {
      await outcome.controller.discard()
      throw error
    }
    await outcome.controller.keep()
    return outcome.instance
  }
  await Promise.all([claim.disown(controllerKey(portalPath, pair)), claim.resolved(pending.key)])
  if (outcome.errno === 'EALREADY') return 'exists'
  throw connectError(portalPath, outcome.errno)
}

/** `release` frees the lock when the kernel has answered, even if the caller has gone by then. */
function written(
  { host, signal }: Operation,
  registry: ConnectRegistry,
  key: string,
  text: string,
  release: () => Promise<void>,
): Promise<FabricsOutcome> {
  return new Promise((resolve, reject) => {
    let isAwaited = true
    const link = onAbort(signal, () => {
      isAwaited = false
      reject(signal.reason as Error)
    })
    const end = async (): Promise<void> => {
      try {
        const outcome = await host.kernel.connectFabrics(new Secret(text), new LinkedSignal().signal)
        if (isAwaited) resolve(outcome)
        else if (outcome.outcome === 'connected') await outcome.controller.discard()
      } catch (error) {
        reject(error instanceof Error ? error : new BrickworkError('ERR_KERNEL', 'The connect failed'))
      } finally {
        link[Symbol.dispose]()
        await release()
      }
    }
    registry.add(key, end())
  })
}
