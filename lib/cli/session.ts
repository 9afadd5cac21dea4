import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { LinkedSignal, until } from '../core/signal.js'
import type { Attacher, AttacherOptions, Call, OperationEvent } from '../index.js'
import type { Answer, Options, Session } from './command.js'
import type { Io } from './io.js'
import type { Wanted } from './progress/progress-lines.js'
import type { Speaker } from './speaker.js'
import type { Line } from './text/toned.js'
import { followEvents } from './timeline.js'
import { usageError } from './usage-error.js'

/** What one command works with: from its first use of the attacher to the end of all work. */
export class RunningSession implements Session, AsyncDisposable {
  readonly #options: Options
  readonly #io: Io
  readonly #speaker: Speaker
  readonly #host: Host | undefined
  readonly #queryOnly: boolean
  #attacher: Promise<Attacher> | undefined
  #events: Promise<void> = Promise.resolve()
  #reader: Disposable | undefined
  #wanted: Wanted = 'all'

  /** @param queryOnly the command changes nothing: it makes no directories, and needs no root for it */
  constructor(options: Options, io: Io, speaker: Speaker, host: Host | undefined, queryOnly: boolean) {
    this.#options = options
    this.#io = io
    this.#speaker = speaker
    this.#host = host
    this.#queryOnly = queryOnly
  }
  get attacher(): () => Promise<Attacher> {
    return () => (this.#attacher ??= this.#open())
  }
  get call(): Call {
    return this.#callOf(this.#io.signal)
  }
  get streamCall(): () => Call {
    return () => {
      const signal = new LinkedSignal(this.#io.signal, this.#io.outputLost)
      const watch = this.#io.watchReader()
      this.#reader = {
        [Symbol.dispose]: () => {
          watch.stop()
          signal[Symbol.dispose]()
        },
      }
      this.#speaker.streams = true
      return this.#callOf(signal.signal)
    }
  }
  get tell(): (answer: Answer) => void {
    return (answer) => this.#speaker.answer(answer)
  }
  get wants(): (paths: Wanted) => void {
    return (paths) => {
      this.#wanted = paths
    }
  }
  get aside(): (line: string) => void {
    return (line) => {
      if (!this.#speaker.json) this.#speaker.aside(line)
    }
  }
  get confirm(): (plan: readonly Line[], question: string) => Promise<void> {
    return async (plan, question) => {
      const { ask, signal } = this.#io
      if (!this.#speaker.json) this.#speaker.aside(...plan)
      if (this.#options.yes) return
      if (ask === undefined || this.#speaker.json)
        throw usageError('--yes', `'bench' changes this host and asks first, but nobody can be asked here: use --yes`, 'bench')
      const answer = await until(ask(`${question} [y/N] `, signal), signal)
      if (!/^y(es)?$/i.test(answer.trim())) throw new BrickworkError('ERR_ABORTED', 'The question was not answered with yes')
    }
  }
  /** Lets subscribers of events print first. */
  async turn(): Promise<void> {
    this.#reader?.[Symbol.dispose]()
    await new Promise((resolve) => setImmediate(resolve))
  }
  /** Waits for late paths only with `--top-up`, until they have joined or the user interrupts. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#attacher === undefined) return
    const attacher = await this.#attacher.catch(() => undefined)
    if (attacher === undefined) return
    await this.#speaker.sayIfLong(
      'waiting for running work to end (interrupt twice to leave it to `brickwork recover`)',
      this.#close(attacher),
    )
    await this.#events
  }

  #callOf(signal: AbortSignal): Call {
    const { timeoutMs } = this.#options
    return { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
  }
  async #open(): Promise<Attacher> {
    const { createAttacher } = await import('../index.js')
    const attacher = await createAttacher(this.#attacherOptions())
    if (this.#options.verbose) this.#events = this.#printEvents(attacher.events())
    else if (!this.#speaker.json && !this.#queryOnly) this.#events = this.#showProgress(attacher.events())
    return attacher
  }
  async #printEvents(events: AsyncIterable<OperationEvent>): Promise<void> {
    if (this.#speaker.json) for await (const event of events) this.#speaker.document({ event })
    else await followEvents(events, (line) => this.#speaker.aside(line))
  }
  async #showProgress(events: AsyncIterable<OperationEvent>): Promise<void> {
    const { showProgress } = await import('./progress/show-progress.js')
    await showProgress(events, this.#io, this.#speaker, () => this.#wanted)
  }
  #attacherOptions(): AttacherOptions {
    const { stateDir, runDir, owner, policy, trace } = this.#options
    return {
      log: this.#speaker.log,
      queryOnly: this.#queryOnly,
      ...(this.#host === undefined ? {} : { host: this.#host }),
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(runDir === undefined ? {} : { runDir }),
      ...(owner === undefined ? {} : { owner }),
      ...(policy === undefined ? {} : { policy }),
      ...(trace === undefined ? {} : { trace }),
    }
  }
  async #close(attacher: Attacher): Promise<void> {
    if (this.#options.topUp) await until(attacher.close({ latePaths: 'wait' }), this.#io.signal).catch(() => undefined)
    await attacher.close()
  }
}
