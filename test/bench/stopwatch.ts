/** The stopwatch's process (./stopwatch/stopwatch.c), which starts the parties and times them. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const PROGRAM = '/brickwork/build/bench/stopwatch'

/** Times are nanoseconds; on the instruction clock, busy ones are instructions. */
export interface Timed {
  readonly ns: number
  readonly answer: string
  readonly seen: Seen
  /** Of the party's own process. */
  readonly peakKib: number
  readonly idleNs: number
  /** Processes and threads that were started, by whatever program. */
  readonly forks: number
  /** Requests of 9p to the machine, which take real time. */
  readonly requests: number
  /** Of the party's main thread, and of all threads of its process. */
  readonly mainNs: number
  readonly threadsNs: number
  /** By program: those of the party, the daemons and the kernel's threads. */
  readonly groups: Readonly<Record<string, number>>
  /** The longest stretch in which the processor was idle, and the program that ran after it. */
  readonly longestWaitMs: number
  readonly waited: string
  /** What 100 sleeps of 1 ms took before and after. */
  readonly sleepsNs: readonly [number, number]
}
/** What sysfs shows at the tick of the answer. */
export interface Seen {
  readonly maps: number
  readonly liveMaps: number
  readonly disks: number
}

export class Stopwatch {
  readonly #child: ChildProcessWithoutNullStreams = spawn(PROGRAM, [], { stdio: ['pipe', 'pipe', 'pipe'] })
  readonly #lines: AsyncIterator<string> = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()

  /** Starts a party in a cgroup of its name. */
  async start(party: string, argv: readonly string[]): Promise<void> {
    const first = await this.#ask<string>('start', party, ...argv)
    if (first !== 'ready') throw new Error(`${party} did not start: ${first}`)
  }
  /** A line without an answer. */
  async give(party: string, line: string): Promise<void> {
    await this.#ask('give', party, line)
  }
  /** @throws when the party has failed */
  async tell(party: string, line: string): Promise<string> {
    return succeeded(await this.#ask<string>('tell', party, line))
  }
  /** @param minPaths of a live map; 0 for single disks */
  async time(party: string, line: string, minPaths: number): Promise<Timed> {
    return timedOrThrow(await this.#ask<Timed>('time', party, line, String(minPaths)))
  }
  /** Times a process from its start. */
  async timeFresh(party: string, line: string, minPaths: number, argv: readonly string[]): Promise<Timed> {
    return timedOrThrow(await this.#ask<Timed>('fresh', party, line, String(minPaths), ...argv))
  }
  async end(party: string): Promise<void> {
    await this.#ask('end', party)
  }
  async group(name: string, pid: number): Promise<void> {
    await this.#ask('group', name, String(pid))
  }

  async #ask<T>(...words: readonly string[]): Promise<T> {
    if (words.some((word) => /[\t\n]/.test(word))) throw new Error(`A word for the stopwatch has a tab: ${words.join(' ')}`)
    this.#child.stdin.write(`${words.join('\t')}\n`)
    const next = await this.#lines.next()
    if (next.done === true) throw new Error(`The stopwatch has ended at: ${words.slice(0, 2).join(' ')}`)
    const answer = JSON.parse(next.value) as T
    if (typeof answer === 'object' && answer !== null && 'error' in answer) throw new Error(`The stopwatch failed: ${String(answer.error)}`)
    return answer
  }
}

function succeeded(answer: string): string {
  if (answer.startsWith('failed:')) throw new Error(answer)
  return answer
}
function timedOrThrow(timed: Timed): Timed {
  succeeded(timed.answer)
  return timed
}
