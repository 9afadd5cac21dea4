/** Files by which waiting processes ask the holder of a lock to yield. Each waiter has its own: that one of them has the lock ends no other request. */
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'

/** A waiter writes its request again after this. */
const REFRESH_MS = 60_000
/** A request that is older was left by a process that was killed, whatever process has its number by now. */
const LASTS_MS = 150_000

export interface YieldRequest {
  /** Nobody waits any more. */
  end(): Promise<void>
}

export class YieldRequests {
  /** Of all attachers of this process: they have one process id. */
  static #last = 0
  readonly #host: Host
  readonly #directory: string

  constructor(host: Host, directory: string) {
    this.#host = host
    this.#directory = directory
  }
  /** @throws what keeps the file from being written, or the reason of `signal`. */
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
  /** Whether a living process asks. */
  async any(subject: string): Promise<boolean> {
    for (const name of await this.#host.files.list(this.#directory))
      if (name.startsWith(`${subject}.`) && (await this.#lives(name))) return true
    return false
  }
  /** Removes the requests of processes that are dead. */
  async tidy(): Promise<void> {
    try {
      for (const name of await this.#host.files.list(this.#directory)) await this.#lives(name)
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      this.#host.log.warn({ directory: this.#directory, error }, 'yield requests of processes that were killed could not be removed')
    }
  }

  /** Also takes away the request of a process that is dead. */
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
  /** A number means nothing in another pid namespace: there only the age of a request counts (pid_namespaces(7)). */
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
