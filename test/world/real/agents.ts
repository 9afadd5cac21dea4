/** Agents: processes with an attacher that can be killed. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AgentProcess } from '../world.js'
import { type AgentOptions, asAttacher, Caller } from './caller.js'

const PROGRAM = fileURLToPath(new URL('./agent.js', import.meta.url))

/** In an emulated guest, loading the library takes longer than many operations. So one process is always loaded in advance. */
export class Agents {
  readonly #running = new Set<Loaded>()
  #spare: Loaded | undefined

  async open(options: AgentOptions): Promise<AgentProcess> {
    const loaded = this.#spare ?? this.#load()
    this.#spare = this.#load()
    return await loaded.open(options)
  }
  /** Ends all agents that still run. */
  async end(): Promise<void> {
    this.#spare = undefined
    await Promise.all([...this.#running].map((each) => each.kill()))
  }
  #load(): Loaded {
    const loaded = new Loaded()
    this.#running.add(loaded)
    void loaded.ended.then(() => this.#running.delete(loaded))
    return loaded
  }
}

class Loaded {
  readonly #child = spawn(process.execPath, [PROGRAM], { cwd: '/' })
  readonly #caller = new Caller(this.#child)

  constructor() {
    this.#caller.ready.catch(() => undefined) // a spare process may end unused
  }
  get ended(): Promise<void> {
    return this.#caller.ended
  }
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
  async open(options: AgentOptions): Promise<AgentProcess> {
    const caller = this.#caller
    this.#child.stdin.write(`${JSON.stringify(options)}\n`)
    await caller.ready
    const attacher = asAttacher(caller)
    return {
      attacher,
      pid: this.#child.pid ?? 0,
      read: async (device, length) => Buffer.from((await caller.ask('read', [device, length])) as string, 'latin1'),
      ended: caller.ended,
      kill: () => this.kill(),
      dieAt: (step, nth) => caller.send({ dieAt: { step, nth } }),
    }
  }
}
