import { createHash } from 'node:crypto'

import type { Lock, Locks } from '../../core/host.js'
import type { FlockTable } from '../machine/flock-table.js'
import type { FakeProcess } from '../machine/process.js'
import { addonMissing } from './kernel.js'

/** The Locks port: one file for each name, which stays when the lock is free. */
export class FakeLocks implements Locks {
  readonly #process: FakeProcess
  readonly #flocks: FlockTable

  constructor(process: FakeProcess, flocks: FlockTable) {
    this.#process = process
    this.#flocks = flocks
  }
  take(directory: string, name: string, signal: AbortSignal): Promise<Lock> {
    const { settings, tree } = this.#process.base
    const file = `${directory}/${createHash('sha256').update(name).digest('hex')}.lock`
    let withdraw = (): void => undefined
    const take = async (): Promise<Lock> => {
      if (!settings.addon) throw addonMissing()
      tree.directory(directory, 0o700)
      if (tree.find(file) === undefined) tree.file(file, new Uint8Array(0), { mode: 0o600 })
      await new Promise<void>((resolve) => {
        withdraw = this.#flocks.request(file, this.#process, resolve)
      })
      return { release: this.#releaser(file, name) }
    }
    const discard = (lock: Lock): void => void lock.release()
    return this.#process.call('locks.take', name, signal, take, { onAbort: () => withdraw(), discard })
  }

  #releaser(file: string, name: string): () => Promise<void> {
    let locked = true
    const free = (): void => {
      if (locked) this.#flocks.release(file)
      locked = false
    }
    const unregister = this.#process.atDeath(free)
    return () =>
      this.#process.call('locks.release', name, undefined, () => {
        unregister()
        free()
      })
  }
}
