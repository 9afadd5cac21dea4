/** Programs of the guest that the storage side and other programs run, never the library. */
import { spawn } from 'node:child_process'

export interface Ran {
  /** Exit status; 124 when it was killed after its timeout. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}
export interface RunOptions {
  readonly input?: string
  readonly timeoutMs?: number
}

export async function run(argv: readonly string[], { input, timeoutMs = 60_000 }: RunOptions = {}): Promise<Ran> {
  const [program = '', ...args] = argv
  const from = performance.now()
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  child.stdin.on('error', () => undefined) // the program may end before it has read everything
  child.stdin.end(input ?? '')
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, timeoutMs)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status, signal) => resolve(late ? 124 : (status ?? (signal === null ? 255 : 128))))
    })
    const ms = performance.now() - from
    return { code, stdout: Buffer.concat(out).toString('latin1'), stderr: Buffer.concat(err).toString(), ms }
  } finally {
    clearTimeout(timer)
  }
}

/** Returns its output. Throws when it fails. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr, ms } = await run(argv, options)
  if (code === 0) return stdout
  throw new Error(`${argv.join(' ')} ended with ${code} after ${Math.round(ms)} ms: ${(stderr || stdout).trim()}`)
}
