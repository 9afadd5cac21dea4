/** Files by which waiting processes ask the holder of a lock to yield. Each waiter has its own: the end of one request ends no other. */
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'

/** How often a waiter refreshes its request. */
const REFRESH_MS = 60_000
/** A request older than this was left by a killed process, even if another process has that pid now. */
const LASTS_MS = 150_000

export interface YieldRequest {
  /** Removes the request: the waiter has the lock or has given up. */
  end(): Promise<void>
}

export class YieldRequests {
  /** Number of the last request of this process. All its attachers share the pid, so they share the numbers. */
  static #last = 0
  readonly #host: Host
  readonly #directory: string

  constructor(host: Host, directory: string) {
    this.#host = host
    this.#directory = directory
  }
  /** Writes a request. @throws the error of the write, or the reason of `signal`. */
  async make(subject: string, signal: AbortSignal): Promise<YieldRequest> {
    const { files } = this.#host
    const number = ++YieldRequests.#last
    const { pid, namespace } = await this.#self()
    const file = `${this.#directory}/${subject}.${namespace}.${pid}.${number}`
    await files.makeDirectory(this.#directory, 0o700)
    await files.replace(file, '', 0o600)
    const waiting = new LinkedSignal(signal)
    const refreshed = this.#refresh(file, waiting.signal)
    const end = async () => {
      waiting.abort(NOT_NEEDED)
      waiting[Symbol.dispose]()
      await refreshed
      await files.remove(file)
    }
    return { end }
  }
  /** Whether a living process requests the lock. */
  async any(subject: string): Promise<boolean> {
    for (const name of await this.#host.files.list(this.#directory))
      if (name.startsWith(`${subject}.`) && (await this.#lives(name))) return true
    return false
  }
  /** Removes requests of dead processes. */
  async tidy(): Promise<void> {
    try {
      for (const name of await this.#host.files.list(this.#directory)) await this.#lives(name)
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      this.#host.log.warn({ directory: this.#directory, error }, 'yield requests of killed processes could not be removed')
    }
  }

  /** Removes the request if its process is dead. */
  async #lives(name: string): Promise<boolean> {
    const { clock, files } = this.#host
    const file = `${this.#directory}/${name}`
    const request = await files.stat(file)
    if (request === undefined) return false
    const [, namespace, pid = ''] = name.split('.')
    const isKnown = /^[1-9][0-9]*$/.test(pid) && namespace === (await this.#self()).namespace
    const isDead = isKnown && (await files.stat(`/proc/${pid}`)) === undefined
    if (!isDead && clock.wallMs() - request.modifiedMs < LASTS_MS) return true
    await files.remove(file)
    return false
  }
  /** A pid means nothing in another pid namespace (pid_namespaces(7)). For requests from there only the age counts. */
  async #self(): Promise<{ readonly pid: string; readonly namespace: string }> {
    const { files } = this.#host
    const namespace = /\d+/.exec((await files.readLink('/proc/self/ns/pid')) ?? '')
    return { pid: (await files.readLink('/proc/self')) ?? 'unknown', namespace: namespace?.[0] ?? 'unknown' }
  }
  async #refresh(file: string, signal: AbortSignal): Promise<void> {
    const { clock, files } = this.#host
    for (;;) {
      await clock.sleep(REFRESH_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      await files.replace(file, '', 0o600).catch((error: unknown) => {
        if (!isBrickworkError(error)) throw error
      })
    }
  }
}
