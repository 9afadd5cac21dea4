/** One child process, from its start to its end. */
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

import type { CommandResult } from '../core/host.js'
import { childProcess } from './child-process.js'
import { Output } from './output.js'

const OUTPUT_LIMIT_BYTES = 1024 * 1024
/** Time between SIGTERM and SIGKILL. */
const KILL_AFTER_MS = 2000
/** A daemon that the program started may keep its outputs open. This is how long we wait for them after the program has ended. */
const OUTPUT_GRACE_MS = 200

/** The whole environment of the programs that Brickwork runs on the host. */
export const childEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
}

export interface Child {
  /** Rejects with Node.js's own error when the program could not be started. */
  readonly ended: Promise<CommandResult>
  /** Sends SIGTERM to the process group of the program, and SIGKILL when the program still runs 2 s later. */
  kill(): void
  /** Leaves the program running. Its output is still read, but it no longer keeps this process alive. */
  leave(): void
}

/** @throws Node.js's own error when the arguments can't be passed to the program. */
export function startChild(argv: readonly [string, ...string[]], input: string | undefined): Child {
  const [program, ...args] = argv
  const child = childProcess().spawn(program, args, {
    cwd: '/',
    env: childEnvironment,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // Its own session: Ctrl-C in the terminal must not end a program that holds a lock.
    detached: true,
  })
  const ended = outcome(child)
  if (input !== undefined) feed(child, input)
  return { ended, kill: () => kill(child), leave: () => unref(child) }
}

function outcome(child: ChildProcess): Promise<CommandResult> {
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined
    const finish = () => {
      clearTimeout(grace)
      unref(child)
      resolve({ exitCode: exitCodeOf(child), stdout: stdout.text(), stderr: stderr.text() })
    }
    child.on('error', reject)
    child.once('exit', () => {
      grace = setTimeout(finish, OUTPUT_GRACE_MS)
    })
    child.once('close', finish)
  })
}

function collect(stream: NodeJS.ReadableStream | null): Output {
  const output = new Output(OUTPUT_LIMIT_BYTES)
  stream?.on('data', (chunk: Buffer) => output.add(chunk))
  stream?.on('error', () => undefined)
  return output
}

function feed(child: ChildProcess, input: string): void {
  // EPIPE: the program has ended or does not read the rest. Its exit code says which.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
}

function exitCodeOf(child: ChildProcess): number {
  return child.exitCode ?? 128 + (child.signalCode === null ? 0 : constants.signals[child.signalCode])
}

function kill(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => {
    signalGroup(child, 'SIGKILL')
    unref(child) // stuck in the kernel: nothing more can be done
  }, KILL_AFTER_MS)
  child.once('exit', () => clearTimeout(timer))
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The program ended before the signal was sent.
  }
}

function unref(child: ChildProcess): void {
  keepProcessAlive(child, false)
}

type Handle = Partial<NodeJS.RefCounted>

/** Whether a child and its pipes keep this process alive. In Bun the pipes are not sockets, and not all of them have these methods. */
export function keepProcessAlive(child: ChildProcess, keep: boolean): void {
  for (const handle of [child, ...child.stdio] as (Handle | null | undefined)[]) {
    if (keep) handle?.ref?.()
    else handle?.unref?.()
  }
}
