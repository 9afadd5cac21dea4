/**
 * A multipathd that does not answer: a signal has stopped it, or it hangs. For some seconds, operations that can do without its answer do not
 * wait for one. It counts as running all the same.
 */
import { BrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { LinkedSignal, NOT_NEEDED, until } from '../../core/signal.js'
import { type ProcessState, readProcessState } from '../process-state.js'
import { multipathdProcess } from './process.js'

/** multipathd ends a command itself after 4 s (uxsock_timeout). */
export const ANSWER_MS = 5000
/** A daemon that is stopped (SIGSTOP) is given up after this. */
const STOPPED_MS = 1000
/** For so long nobody waits for a daemon that did not answer. */
const SILENT_MS = 10_000

/** One daemon runs on a host, so one silence is remembered. */
interface Memory {
  answers: number
  silence: { readonly pid: string; readonly startTime: string; askAt: number } | undefined
}
const memories = new WeakMap<Host, Memory>()
function memoryOf(host: Host): Memory {
  const known = memories.get(host) ?? { answers: 0, silence: undefined }
  memories.set(host, known)
  return known
}

/**
 * The answer to a question. When the daemon has answered no question at all in this time, it counts as silent; its next answer ends that.
 * @throws `ERR_DAEMON_UNREACHABLE` when there is none within {@link ANSWER_MS}, or within a second while the daemon is stopped.
 */
export async function answered<T>(host: Host, command: string, signal: AbortSignal, ask: (ended: AbortSignal) => Promise<T>): Promise<T> {
  const memory = memoryOf(host)
  const { answers } = memory
  const timer = new AbortController()
  using patience = new LinkedSignal(signal)
  outOfPatience(host, timer.signal).then(
    (why) =>
      patience.abort(
        new BrickworkError('ERR_DAEMON_UNREACHABLE', `multipathd did not answer ${command}: ${why}`, { details: { command } }),
      ),
    () => undefined,
  )
  try {
    const answer = await until(ask(patience.signal), patience.signal)
    memory.answers += 1
    memory.silence = undefined
    return answer
  } catch (error) {
    signal.throwIfAborted()
    if (patience.signal.aborted && memory.answers === answers) await remember(host, memory)
    throw error
  } finally {
    timer.abort(NOT_NEEDED)
  }
}

/** Resolves when the daemon has had time enough. */
async function outOfPatience(host: Host, ended: AbortSignal): Promise<string> {
  await host.clock.sleep(STOPPED_MS, ended)
  if (isStopped((await processState(host))?.now)) return 'its process is stopped'
  await host.clock.sleep(ANSWER_MS - STOPPED_MS, ended)
  return `no answer within ${ANSWER_MS} ms`
}

async function remember(host: Host, memory: Memory): Promise<void> {
  const daemon = await processState(host)
  if (daemon === undefined) return
  const { pid, now } = daemon
  memory.silence = { pid, startTime: now.startTime, askAt: host.clock.now() + SILENT_MS }
}

/**
 * Whether an operation that can do without multipathd's answer should ask for it. `false` while the daemon is known to be silent. After some
 * seconds one caller gets `true`; the others do when it has had an answer.
 */
export async function isWorthAsking(host: Host): Promise<boolean> {
  const silence = await silenceOf(host)
  if (silence === undefined) return true
  const now = host.clock.now()
  if (now < silence.askAt) return false
  silence.askAt = now + SILENT_MS
  return true
}

/** Whether the daemon that runs now did not answer a moment ago. */
export async function isSilent(host: Host): Promise<boolean> {
  return (await silenceOf(host)) !== undefined
}

/**
 * Whether the daemon is stopped, and has been for a while: it makes no map before it is continued. No event tells of that, and a debugger or
 * a snapshot stops a process for a moment only.
 */
export async function staysStopped(host: Host, signal: AbortSignal): Promise<boolean> {
  const before = await processState(host)
  if (before === undefined || !isStopped(before.now)) return false
  if (await isSilent(host)) return true
  await host.clock.sleep(STOPPED_MS, signal)
  const now = await readProcessState(host, before.pid)
  if (!isStopped(now) || now?.startTime !== before.now.startTime) return false
  await remember(host, memoryOf(host))
  return true
}

/** That of the process that runs now: another one has its own chance. */
async function silenceOf(host: Host): Promise<Memory['silence']> {
  const memory = memoryOf(host)
  const { silence } = memory
  if (silence === undefined) return undefined
  const now = await readProcessState(host, silence.pid)
  if (now?.startTime === silence.startTime) return memory.silence
  if (memory.silence === silence) memory.silence = undefined
  return undefined
}

async function processState(host: Host): Promise<{ readonly pid: string; readonly now: ProcessState } | undefined> {
  const pid = (await multipathdProcess(host))?.pid
  const now = pid === undefined ? undefined : await readProcessState(host, pid)
  return pid === undefined || now === undefined ? undefined : { pid, now }
}
/** By a signal. `t`, for a debugger, comes and goes with each system call that it looks at. */
const isStopped = (now: ProcessState | undefined) => now?.state === 'T'
