/** The command as JavaScript, so that tests can run it as a process: each module transpiled alone, in build/cli-tests. */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import ts from 'typescript'

export const ROOT = resolve(import.meta.dirname, '../..')
const OUT = join(ROOT, 'build/cli-tests')

export interface Ran {
  /** `null` after a signal. */
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly ms: number
}

/** Absolute paths of the command, and of the command on a fake host ({@link file://./fake-main.ts}). */
export function built(): { readonly main: string; readonly fake: string } {
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('lib', name))
  for (const source of [...sources, 'test/cli/fake-main.ts']) transpile(source)
  return { main: join(OUT, 'lib/cli/main.js'), fake: join(OUT, 'test/cli/fake-main.js') }
}

/** Tests run beside each other: a file is there as a whole or not at all. */
function transpile(source: string): void {
  const from = join(ROOT, source)
  const to = join(OUT, source.replace(/\.ts$/, '.js'))
  if ((statSync(to, { throwIfNoEntry: false })?.mtimeMs ?? 0) > statSync(from).mtimeMs) return
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  const { outputText } = ts.transpileModule(readFileSync(from, 'utf8'), { compilerOptions, fileName: from })
  mkdirSync(dirname(to), { recursive: true })
  const temporary = `${to}.${process.pid}`
  writeFileSync(temporary, outputText)
  renameSync(temporary, to)
}

/** Runs a program. What this test was started with does not reach it. */
export function execute(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { PATH = '', HOME = '/' } = process.env
  const from = performance.now()
  return new Promise((answer) => {
    const child = execFile(command, [...args], { env: { PATH, HOME, ...env }, maxBuffer: 2 ** 26, timeout: 120_000 }, (_, out, err) => {
      answer({ code: child.exitCode, out, err, ms: performance.now() - from })
    })
    child.stdin?.end()
  })
}

/** Runs a line of bash in which `brickwork` is the command, or the command on a fake host. */
export function bash(program: string, line: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const script = `brickwork() { ${quoted(process.execPath)} ${quoted(program)} "$@"; }\n${line}`
  return execute('bash', ['-c', script], env)
}
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
