/** Runs programs as a user's shell does: without the variables that npm sets for its scripts. Each is ended after a while, with its children. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')
/** Less than a test may take. A busy machine needs a tenth of it. */
const LIMIT_S = 240
/** The exit code of `timeout` of coreutils when it has ended a program; 137 when it had to kill it (timeout(1)). */
const ENDED = [124, 137]
/** No npm that runs here asks a registry: a network that swallows packets would hold it up. */
const WITHOUT_NETWORK = { npm_config_offline: 'true', npm_config_update_notifier: 'false', npm_config_audit: 'false' }

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export function run(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  return runWith({}, cwd, command, ...args)
}

export function runWith(more: Readonly<Record<string, string>>, cwd: string, command: string, ...args: string[]): Promise<Ran> {
  return new Promise((answer) => {
    // The npm below would take the variables that npm sets for its scripts as settings.
    const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST/i.test(name))
    const env = { ...Object.fromEntries(kept), NO_COLOR: '1', ...WITHOUT_NETWORK, ...more }
    const limited = ['--kill-after=10', String(LIMIT_S), command, ...args]
    execFile('timeout', limited, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
      const why = ENDED.includes(code) ? `it was ended after ${LIMIT_S} s\n` : code === 255 ? `${error?.message ?? ''}\n` : ''
      answer({ code, out, err: `${why}${err}` })
    })
  })
}

export const node = (project: string, script: string, type: 'module' | 'commonjs' = 'module') =>
  run(project, process.execPath, `--input-type=${type}`, '--eval', script)

/** The standard output of a program that must succeed. */
export const must = (cwd: string, command: string, ...args: string[]) => mustWith({}, cwd, command, ...args)

export async function mustWith(more: Readonly<Record<string, string>>, cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await runWith(more, cwd, command, ...args)
  if (code === 0) return out
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${out}${err}`)
}
