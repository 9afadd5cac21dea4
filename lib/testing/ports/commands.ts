import { BrickworkError } from '../../core/errors.js'
import type { CommandOptions, CommandResult, Commands } from '../../core/host.js'
import { never, type FakeProcess } from '../machine/process.js'
import { type Invocation, type Program, result } from '../programs/program.js'

const TERMINATED = 128 + 15

/** The Commands port: programs are functions. They are children of the machine, not of the process, so they survive its death. */
export class FakeCommands implements Commands {
  readonly #process: FakeProcess
  readonly #programs: ReadonlyMap<string, Program>

  constructor(process: FakeProcess, programs: ReadonlyMap<string, Program>) {
    this.#process = process
    this.#programs = programs
  }
  run(argv: readonly [string, ...string[]], { signal, input = '', onAbort }: CommandOptions): Promise<CommandResult> {
    const child = new Child()
    const start = (): Promise<CommandResult> => {
      this.#process.base.ledger.ran.push([...argv])
      return this.#start(argv, input, child)
    }
    return this.#process.call('commands.run', argv.join(' '), signal, start, onAbort === 'kill' ? { onAbort: child.kill } : {})
  }

  async #start(argv: readonly [string, ...string[]], input: string, child: Child): Promise<CommandResult> {
    const { base } = this.#process
    const name = argv[0].slice(argv[0].lastIndexOf('/') + 1)
    const program = this.#programs.get(name)
    if (program === undefined) {
      if (!base.settings.missingPrograms.includes(name)) base.ledger.problem(`the program ${name} is not known`)
      throw new BrickworkError('ERR_TOOL_MISSING', `${name} is not on this host`, { details: { program: argv[0] } })
    }
    const { processes } = base
    const pid = processes.start(name, argv)
    const invocation: Invocation = {
      machine: base,
      argv,
      input,
      pause: (ms) => child.goOn(base.wait(ms)),
      until: (work) => child.goOn(work),
    }
    const ended = (async () => await program(invocation))()
    try {
      return await Promise.race([ended, child.killed])
    } finally {
      processes.end(pid)
    }
  }
}

class Child {
  readonly killed: Promise<CommandResult>
  #kill: () => void = () => undefined
  #dead = false

  constructor() {
    this.killed = new Promise((resolve) => (this.#kill = () => resolve(result(TERMINATED))))
  }
  readonly kill = (): void => {
    this.#dead = true
    this.#kill()
  }
  /** Waits for `work`. A child that was killed by then never continues. */
  async goOn<T>(work: Promise<T>): Promise<T> {
    const value = await work
    return this.#dead ? await never<T>() : value
  }
}
