// npm run bench:startup [-- --runs 20] [--out FILE]: what the start of the command costs, compared with an empty program of Node.js. It
// measures processor time, which other work on the machine changes little, and takes the least of all runs. The result is kept in
// docs/evidence/bench/startup.json, or in FILE.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CHECKOUT, ensure } from '../setup.mjs'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' }, out: { type: 'string' } } })
const runs = Number(values.runs)
await ensure({ quiet: true })

const folder = mkdtempSync(join(tmpdir(), 'brickwork-startup-'))
const command = join(CHECKOUT, 'dist/lib/cli/main.js')
const places = ['--state-dir', join(folder, 'state'), '--run-dir', join(folder, 'run')]
/** @type {readonly (readonly [what: string, args: readonly string[]])[]} */
const PROGRAMS = [
  ['node -e 0', ['-e', '0']],
  ['brickwork --version', [command, '--version']],
  ['brickwork help', [command, 'help']],
  ['brickwork list', [command, 'list', ...places]],
]
/** Prints the processor time of the process, its start included, in microseconds when it ends. */
const HOOK = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process._rawDebug('cpu '+(user+system))})`

/** Processor time in milliseconds. @param {readonly string[]} args */
function cpuMsOf(args) {
  const { status, stderr } = spawnSync(process.execPath, ['--import', HOOK, ...args], { encoding: 'utf8' })
  const cpu = /^cpu (\d+)$/m.exec(stderr)
  if (status !== 0 || cpu === null) throw new Error(`${args.join(' ')} failed: ${stderr}`)
  return Number(cpu[1]) / 1000
}

try {
  const least = PROGRAMS.map(() => Number.POSITIVE_INFINITY)
  // One after another, so that a busy time meets all of them.
  for (let run = 0; run < runs; run += 1)
    for (const [index, [, args]] of PROGRAMS.entries()) least[index] = Math.min(least[index] ?? 0, cpuMsOf(args))
  const [base = 1] = least
  const rows = PROGRAMS.map(([what], index) => {
    const cpuMs = least[index] ?? 0
    return { what, cpuMs: Math.round(cpuMs), ratio: Math.round((cpuMs / base) * 100) / 100 }
  })
  for (const { what, cpuMs, ratio } of rows)
    console.log(`${what.padEnd(20)} ${cpuMs} ms of processor time, ${ratio} times that of node -e 0`)
  const on = new Date().toISOString().slice(0, 10)
  const result = { bench: 'startup', on, node: process.version, cpus: cpus().length, load: loadavg()[0], runs, rows }
  writeFileSync(values.out ?? join(CHECKOUT, 'docs/evidence/bench/startup.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
