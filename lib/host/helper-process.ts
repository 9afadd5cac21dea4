/** One helper process. It does one call at a time and ends when its standard input is closed. */
import type { ChildProcess } from 'node:child_process'

import { BrickworkError } from '../core/errors.js'
import { childProcess } from './child-process.js'
import { childEnvironment, keepProcessAlive } from './child.js'
import { encodeRequest, failureIn, type HelperRequest, ReplyDecoder } from './helper-frames.js'
import type { Reader } from './reader.js'

/** Exit status of a shell or the dynamic linker when a program can't run on this machine. */
const CANNOT_RUN = 127

interface Call {
  readonly id: number
  readonly resolve: (body: Reader) => void
  readonly reject: (error: Error) => void
}

export class HelperProcess {
  readonly #argv: readonly [string, ...string[]]
  readonly #child: ChildProcess
  readonly #replies = new ReplyDecoder()
  readonly ended: Promise<void>
  #call: Call | undefined
  #lastId = 0
  #answered = false
  #alive = true
  #ends = false

  constructor(argv: readonly [string, ...string[]]) {
    const [program, ...args] = argv
    this.#argv = argv
    // Its own session: Ctrl-C in the terminal must not interrupt a device call.
    this.#child = childProcess().spawn(program, args, {
      cwd: '/',
      env: childEnvironment,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    this.#child.stdin?.on('error', () => undefined)
    this.#child.stdout?.on('error', () => undefined)
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#die(this.#unavailable(error), resolve))
      this.#child.once('exit', (code, signal) => this.#die(this.#crashed(code, signal), resolve))
    })
    this.keepsProcessAlive(false)
  }
  get pid(): number | undefined {
    return this.#child.pid
  }
  get alive(): boolean {
    return this.#alive && !this.#ends
  }
  /** Resolves when the kernel answers. Rejects when the system call fails or the helper ends. */
  call(request: HelperRequest): Promise<Reader> {
    return new Promise((resolve, reject) => {
      if (!this.alive) {
        reject(this.#crashed(null, null))
        return
      }
      this.#call = { id: ++this.#lastId, resolve, reject }
      const bytes = encodeRequest(this.#lastId, request)
      // It may contain a secret.
      this.#child.stdin?.write(bytes, () => bytes.fill(0))
    })
  }
  /** True only while a caller waits for the answer: an idle or stuck helper must not keep the agent running. */
  keepsProcessAlive(keep: boolean): void {
    keepProcessAlive(this.#child, keep)
  }
  end(): void {
    this.#ends = true
    this.#child.stdin?.end()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const reply of this.#replies.push(chunk)) {
        const call = this.#call
        if (call?.id !== reply.id) continue
        this.#answered = true
        const failure = reply.failed ? failureIn(reply.body) : undefined
        this.#call = undefined
        if (failure !== undefined) call.reject(failure)
        else call.resolve(reply.body)
      }
    } catch (error) {
      this.#call?.reject(error as Error)
      this.#call = undefined
      this.#child.kill('SIGKILL')
    }
  }
  #die(error: BrickworkError, ended: () => void): void {
    this.#alive = false
    this.#call?.reject(error)
    this.#call = undefined
    ended()
  }
  #unavailable(cause: unknown): BrickworkError {
    const [program] = this.#argv
    return new BrickworkError(
      'ERR_NATIVE_UNAVAILABLE',
      `Cannot start the helper ${program}: install brickwork-storage again, or compile it (scripts/build.mjs of that package)`,
      {
        details: { program },
        cause,
      },
    )
  }
  #crashed(code: number | null, signal: NodeJS.Signals | null): BrickworkError {
    if (code === CANNOT_RUN && !this.#answered) return this.#unavailable(undefined)
    const how = signal ?? (code === null ? 'before the call' : `with status ${code}`)
    return new BrickworkError('ERR_KERNEL', `The helper process ended (${how}) before it answered`, {
      details: { pid: this.#child.pid, exitCode: code, signal },
    })
  }
}
