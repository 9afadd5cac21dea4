/**
 * Remembers that multipathd does not answer: it is stopped by a signal, or it hangs. For some seconds, operations that do not need its
 * answer do not wait for one. The daemon still counts as running.
 */
import { BrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { LinkedSignal, NOT_NEEDED, until } from '../../core/signal.js'
import { type ProcessState, readProcessState } from '../process-state.js'
import { multipathdProcess } from './process.js'

/** multipathd itself gives up a command after 4 s (uxsock_timeout). */
const ANSWER_MS = 5000
/** How long to wait for a daemon that is stopped (SIGSTOP). */
const STOPPED_MS = 1000
/** For this long after a missing answer, operations do not wait for the daemon. */
const SILENT_MS = 10_000

/** A host has one daemon, so one silence is remembered. */
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
 * Returns the answer to a command. If the daemon answers no command at all within the time limit, it counts as silent until its next
 * answer.
 * @throws `ERR_DAEMON_UNREACHABLE` without an answer within {@link ANSWER_MS}, or within a second while the daemon is stopped.
 */
export async function answered<T>(host: Host, command: string, signal: AbortSignal, ask: (ended: AbortSignal) => Promise<T>): Promise<T> {
  const memory = memoryOf(host)
  const { answers } = memory
  const timer = new LinkedSignal()
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

/** Resolves with the reason when the time limit is over. */
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
 * Whether an operation that does not need multipathd's answer should send its command. `false` while the daemon is known to be silent.
 * After some seconds one caller gets `true`; the others get it after the daemon has answered.
 */
export async function isWorthAsking(host: Host): Promise<boolean> {
  const silence = await silenceOf(host)
  if (silence === undefined) return true
  const now = host.clock.now()
  if (now < silence.askAt) return false
  silence.askAt = now + SILENT_MS
  return true
}

/** Whether the running daemon recently failed to answer. */
export async function isSilent(host: Host): Promise<boolean> {
  return (await silenceOf(host)) !== undefined
}

/**
 * Whether the daemon has been stopped for a while: it creates no map until it is continued. No event reports this, and a debugger or a
 * snapshot stops a process only briefly.
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

/** The silence of the process that runs now. A new process starts without one. */
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
/** Stopped by a signal. `t`, stopped by a debugger, comes and goes with each traced system call. */
const isStopped = (now: ProcessState | undefined) => now?.state === 'T'
