import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** `expect` is a regular expression of Python; `size` is `24x80`; `end` waits for the end of the program. */
export type Step = readonly ['type' | 'expect' | 'size', string] | readonly ['end']

/** Runs a program in a pseudo terminal. `out` is all that it has written there. */
export function terminal(
  command: readonly string[],
  steps: readonly Step[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return new Promise((answer, reject) => {
    const child = spawn('python3', [join(import.meta.dirname, 'terminal.py'), ...command], { env, stdio: 'pipe' })
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => (out += String(data)))
    child.stderr.on('data', (data) => (err += String(data)))
    child.on('error', reject)
    child.on('close', (code) => answer({ code, out, err }))
    child.stdin.end(steps.map((step) => `${JSON.stringify(step)}\n`).join(''))
  })
}
