// A program in a process group of its own, which ends as a whole: at its time limit, or when this process gets a signal to stop.
import { spawn } from 'node:child_process'

const MINUTE_MS = 60_000
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
/** A program that ignores SIGTERM gets SIGKILL after this time. */
const GRACE_MS = 10_000

/** @typedef {{ code: number | undefined, signal: NodeJS.Signals | undefined, isLate: boolean }} Ended isLate: its time limit has ended it */

/**
 * Resolves when the program has ended. Rejects when it cannot be started.
 * @param {string} command @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} options.minutes the time limit
 * @param {(text: string) => void} options.onOutput its standard output, and its errors unless `inherit`
 * @param {boolean} [options.inherit] its errors go to those of this process
 * @param {() => void} [options.onStop] called when this process receives a signal to stop
 * @returns {Promise<Ended>}
 */
export function runGroup(command, args, { cwd, env = process.env, minutes, onOutput, inherit = false, onStop = () => undefined }) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', inherit ? 'inherit' : 'pipe'], detached: true })
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch (error) {
      // The group has ended already.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
    }
  }
  const forget = () => {
    for (const each of SIGNALS) process.removeListener(each, onSignal)
  }
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    stop('SIGTERM')
    onStop()
    forget()
    process.kill(process.pid, signal)
  }
  for (const each of SIGNALS) process.on(each, onSignal)
  return new Promise((resolve, reject) => {
    let isLate = false
    const timers = [
      setTimeout(() => {
        isLate = true
        stop('SIGTERM')
        timers.push(setTimeout(() => stop('SIGKILL'), GRACE_MS))
      }, minutes * MINUTE_MS),
    ]
    const ended = () => {
      for (const timer of timers) clearTimeout(timer)
      forget()
    }
    child.stdout?.setEncoding('utf8').on('data', onOutput)
    child.stderr?.setEncoding('utf8').on('data', onOutput)
    child.on('error', (error) => {
      ended()
      reject(error)
    })
    child.on('close', (code, signal) => {
      ended()
      resolve({ code: code ?? undefined, signal: signal ?? undefined, isLate })
    })
  })
}
