// Helpers that run programs for the set-up and the lab, without dependencies.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** An error whose message is written for the person at the terminal; `code` is for programs. */
export class LabError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message)
    this.name = 'LabError'
    this.code = code
  }
}

// An ordinary user's PATH on Debian lacks the sbin folders, where debootstrap and depmod live.
const path = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/bin']

/** The path of a command, or undefined. @param {string} command */
export function which(command) {
  for (const folder of path) {
    const file = join(folder || '.', command)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
  return undefined
}

/**
 * Runs a program until it ends and returns its output. If it fails, throws with the end of that output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, input?: string | Buffer, show?: boolean, limitS?: number }} [options]
 *   show: pass the output on to the terminal instead of keeping it; limitS: end the program and its children after these seconds
 * @returns {Promise<string>} what it wrote to its standard output
 */
export function run(command, args, options = {}) {
  const { limitS } = options
  const limited = limitS === undefined ? [] : ['timeout', '--kill-after=10', String(limitS)]
  const [program = command, ...argv] = [...limited, command, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      cwd: options.cwd,
      env: { ...process.env, PATH: path.join(delimiter), LC_ALL: 'C.UTF-8', ...options.env },
      stdio: ['pipe', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
    })
    let out = ''
    let all = ''
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ data) => {
      out += data
      all += data
    })
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ data) => (all += data))
    child.on('error', (error) => reject(new LabError('RUN_FAILED', `${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(out)
        return
      }
      const tail = all.trimEnd().split('\n').slice(-25).join('\n')
      const late = limitS !== undefined && (code === 124 || code === 137) // timeout(1)
      const how = late ? `did not end within ${limitS} s` : signal ? `was killed by ${signal}` : `failed with exit code ${code}`
      reject(new LabError('RUN_FAILED', `\`${[command, ...args].join(' ')}\` ${how}${tail ? `:\n${tail}` : ''}`))
    })
    child.stdin?.on('error', () => undefined) // the program may end before it has read everything
    child.stdin?.end(options.input ?? '')
  })
}

/** @param {unknown} error anything that was thrown */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error))

/** Quotes a word for sh. @param {string} word */
export const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`

/** "340 ms" or "12.3 s". @param {number} ms */
export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)
