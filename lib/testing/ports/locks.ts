import { createHash } from 'node:crypto'

import type { Lock, LockHeld, LockSeen, Locks } from '../../core/host.js'
import { formatLockNote, type LockUser } from '../../core/lock-note.js'
import { bytesOf } from '../files/nodes.js'
import type { FlockTable } from '../machine/flock-table.js'
import type { FakeProcess } from '../machine/process.js'
import { addonMissing } from './addon-missing.js'

/** The Locks port: one file for each name, which stays when the lock is free. */
export class FakeLocks implements Locks {
  readonly #process: FakeProcess
  readonly #flocks: FlockTable
  readonly #wallMs: () => number

  constructor(process: FakeProcess, flocks: FlockTable, wallMs: () => number) {
    this.#process = process
    this.#flocks = flocks
    this.#wallMs = wallMs
  }
  take(directory: string, name: string, signal: AbortSignal, user?: LockUser): Promise<Lock> {
    let withdraw = (): void => undefined
    const take = async (): Promise<Lock> => {
      const file = this.#makeFile(directory, name)
      await new Promise<void>((resolve) => {
        withdraw = this.#flocks.request(file, this.#process, resolve)
      })
      return this.#taken(file, name, user)
    }
    const discard = (lock: Lock): void => void lock.release()
    return this.#process.call('locks.take', name, signal, take, { onAbort: () => withdraw(), discard })
  }
  /** Takes the lock if it is free, as a job does. */
  takeIfFree(directory: string, name: string, signal: AbortSignal, user?: LockUser): Promise<Lock | 'busy'> {
    const take = (): Lock | 'busy' => {
      const file = this.#makeFile(directory, name)
      if (this.#flocks.holder(file) !== undefined) return 'busy'
      this.#flocks.request(file, this.#process, () => undefined)
      return this.#taken(file, name, user)
    }
    const discard = (lock: Lock | 'busy'): void => void (lock !== 'busy' && lock.release())
    return this.#process.call('locks.take', name, signal, take, { discard })
  }
  seen(directory: string, name: string): Promise<LockSeen> {
    const file = fileOf(directory, name)
    return this.#process.call('locks.seen', name, undefined, () => ({
      note: this.#process.base.tree.text(file),
      pid: this.#flocks.holder(file)?.pid,
    }))
  }
  holders(directory: string): Promise<readonly LockHeld[]> {
    return this.#process.call('locks.holders', directory, undefined, () =>
      this.#flocks.lockedFiles
        .filter((file) => file.startsWith(`${directory}/`))
        .map((file) => ({ file, note: this.#process.base.tree.text(file), pid: this.#flocks.holder(file)?.pid })),
    )
  }

  #makeFile(directory: string, name: string): string {
    const { settings, tree } = this.#process.base
    if (!settings.addon) throw addonMissing()
    const file = fileOf(directory, name)
    tree.directory(directory, 0o700)
    if (tree.find(file) === undefined) tree.file(file, new Uint8Array(0), { mode: 0o600 })
    return file
  }
  #taken(file: string, name: string, user: LockUser | undefined): Lock {
    const note = user && formatLockNote(this.#process.pid, this.#wallMs(), user)
    if (note !== undefined) this.#process.base.tree.file(file, bytesOf(note), { mode: 0o600 })
    return { release: this.#releaser(file, name) }
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

const fileOf = (directory: string, name: string): string => `${directory}/${createHash('sha256').update(name).digest('hex')}.lock`
