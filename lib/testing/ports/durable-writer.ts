import { posix } from 'node:path'

import type { FileChange } from '../../core/host.js'
import { kernelError } from '../errno.js'
import { bytesOf } from '../files/nodes.js'
import { never, type FakeProcess } from '../machine/process.js'

interface Commit {
  readonly changes: readonly FileChange[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}
interface Step {
  readonly change: FileChange
  readonly temporary: string | undefined
}

/** Durable writes: commits that arrive while one is in progress go together into the next. */
export class DurableWriter {
  readonly #process: FakeProcess
  #waiting: Commit[] = []
  #running = false
  #count = 0
  #temporaries = 0

  constructor(process: FakeProcess) {
    this.#process = process
  }
  get count(): number {
    return this.#count
  }
  commit(changes: readonly FileChange[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      this.#count += 1
      await this.#batch(this.#waiting.splice(0))
    }
    this.#running = false
  }
  /**
   * Writes temporary files and waits for them, renames them, then waits for the directories. The process may die at each of these points.
   */
  async #batch(batch: readonly Commit[]): Promise<void> {
    const staged = batch.flatMap((commit) => this.#stage(commit))
    await this.#fsync()
    const { durable } = this.#process.base
    for (const { temporary } of staged.flatMap(({ steps }) => steps)) if (temporary !== undefined) durable.whole(temporary)
    for (const { steps } of staged) for (const step of steps) this.#putInPlace(step)
    await this.#fsync()
    for (const { commit } of staged) {
      for (const { path } of commit.changes) durable.written(path)
      commit.resolve()
    }
  }
  #stage(commit: Commit): { readonly commit: Commit; readonly steps: readonly Step[] }[] {
    const { tree } = this.#process.base
    const missing = commit.changes.find(({ path, text }) => text !== undefined && tree.find(posix.dirname(path))?.node.kind !== 'directory')
    if (missing !== undefined) {
      commit.reject(kernelError('ENOENT', 'open', missing.path))
      return []
    }
    const steps = commit.changes.map((change) => {
      if (change.text === undefined) return { change, temporary: undefined }
      this.#temporaries += 1
      const name = `.brickwork-${this.#process.pid}-${this.#temporaries}.tmp`
      const temporary = posix.join(posix.dirname(change.path), name)
      tree.file(temporary, bytesOf(change.text), { mode: change.mode })
      return { change, temporary }
    })
    return [{ commit, steps }]
  }
  #putInPlace({ change, temporary }: Step): void {
    const { tree } = this.#process.base
    const node = temporary === undefined ? undefined : tree.find(temporary, 'keep')?.node
    tree.remove(change.path)
    if (temporary === undefined || node === undefined) return
    tree.remove(temporary)
    tree.put(change.path, node)
  }
  async #fsync(): Promise<void> {
    const { base } = this.#process
    await base.wait(base.settings.delays.fsync)
    if (!this.#process.alive) await never()
  }
}
