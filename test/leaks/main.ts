/**
 * Repeats every call of the native part, and reports the growth of the process: memory, descriptors, threads.
 * `node --expose-gc main.js CALLS [--sg NODE] [--device NODE] [--map UUID]` prints a line for each row. The exit code is 1 if one has
 * grown.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createHost } from '../../lib/index.js'
import { loadAddon } from '../../lib/host/native-loader.js'
import { type Call, callsOf } from './calls.js'

const MOST_KIB = 2048
const AT_ONCE = 16
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sg: { type: 'string', default: '/dev/brickwork-none' },
    device: { type: 'string', default: '/dev/brickwork-none' },
    map: { type: 'string', default: 'brickwork-no-such-map' },
    only: { type: 'string', default: '' },
  },
})
const calls = Number(positionals[0] ?? 1000)
const addon = loadAddon()

interface Reading {
  readonly kib: number
  readonly helperKib: number
  readonly descriptors: number
  readonly threads: number
}
async function read(): Promise<Reading> {
  while (addon.stats().busy > 0) await pause(10)
  // An object that was collected in one round may keep another alive until the next.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await pause(20)
  }
  const tasks = readdirSync('/proc/self/task')
  const children = tasks.flatMap((task) => fileOf(`/proc/self/task/${task}/children`).split(' '))
  return {
    kib: residentKib('self'),
    helperKib: children.filter((pid) => pid !== '').reduce((sum, pid) => sum + residentKib(pid), 0),
    descriptors: Math.max(...tasks.map(descriptorsOf)),
    threads: tasks.length,
  }
}
/** Threads of the addon have their own descriptor tables. */
function descriptorsOf(task: string): number {
  try {
    return readdirSync(`/proc/self/task/${task}/fd`).length
  } catch {
    return 0 // it has just ended
  }
}
function fileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // a thread that has just ended
  }
}
const residentKib = (pid: string) => Number(/^VmRSS:\s+(\d+)/m.exec(fileOf(`/proc/${pid}/status`))?.[1] ?? 0)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Returns how many calls succeeded. */
async function make(call: Call, count: number): Promise<number> {
  let next = 0
  let succeeded = 0
  const work = async () => {
    while (next < count) {
      try {
        await call(next++)
        succeeded++
      } catch {
        // Some of these calls must fail, so an error is a result.
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return succeeded
}

/**
 * Waits for threads that end a moment after their calls: the listener's and the namespace's, and the daemon's end of an abandoned request.
 */
async function settled(before: Reading): Promise<Reading> {
  let after = await read()
  for (let tries = 0; tries < 50 && (after.threads > before.threads || after.descriptors > before.descriptors); tries++) {
    await pause(100)
    after = await read()
  }
  return after
}

async function grow(call: Call) {
  const before = await read()
  const from = performance.now()
  const succeeded = await make(call, calls)
  const microseconds = ((performance.now() - from) * 1000) / calls
  const after = await settled(before)
  const [kib, helperKib] = [after.kib - before.kib, after.helperKib - before.helperKib]
  const [descriptors, threads] = [after.descriptors - before.descriptors, after.threads - before.threads]
  const flat = kib < MOST_KIB && helperKib < MOST_KIB && descriptors <= 0 && threads <= 0
  return { flat, succeeded, microseconds, kib, helperKib, descriptors, threads }
}

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const folder = mkdtempSync(join(memory, 'brickwork-leaks-'))
let grown = 0
// A connect in the kernel keeps no process alive. In an operation, its deadline does.
const alive = setInterval(() => undefined, 60_000)
try {
  const table = await callsOf({ ...values, addon, kernel: createHost().kernel, folder })
  for (const [name, call] of Object.entries(table)) {
    if (!name.includes(values.only)) continue
    await make(call, Math.max(1000, calls / 5))
    let growth = await grow(call)
    // JavaScript's heap may have grown by a page or two, once. A leak grows again.
    if (!growth.flat) growth = await grow(call)
    if (!growth.flat) grown++
    const { flat, succeeded, microseconds, kib, helperKib, descriptors, threads } = growth
    console.log(
      [
        flat ? 'ok  ' : 'GROWN',
        name.padEnd(32),
        `${calls} calls`,
        `${succeeded === calls ? 'all' : succeeded} succeeded`,
        `${microseconds.toFixed(0)} µs each`,
        `memory ${signed(kib)} KiB`,
        ...(name.startsWith('helper') ? [`of helpers ${signed(helperKib)} KiB`] : []),
        `descriptors ${signed(descriptors)}`,
        `threads ${signed(threads)}`,
      ].join('  '),
    )
  }
} finally {
  clearInterval(alive)
  rmSync(folder, { recursive: true, force: true })
}
function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value)
}
process.exit(grown === 0 ? 0 : 1)
