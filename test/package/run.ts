/** Runs programs as a user's shell does: without the variables that npm sets for its scripts. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

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
    const env = { ...Object.fromEntries(kept), NO_COLOR: '1', ...more }
    execFile(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
      answer({ code, out, err: code === 255 ? `${error?.message ?? ''}\n${err}` : err })
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
