// npm run bench:startup [-- --runs 20] [--out FILE]: what the start of the command costs, compared with an empty program of Node.js. It
// measures processor time and, where the kernel counts them, instructions: other work on the machine changes these little. The result is
// kept in docs/evidence/bench/startup.json, or in FILE.
import { execFileSync, spawnSync } from 'node:child_process'
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
const BASE = 'node -e 0'
/** @type {readonly (readonly [what: string, args: readonly string[]])[]} */
const PROGRAMS = [
  [BASE, ['-e', '0']],
  ['brickwork --version', [command, '--version']],
  ['brickwork help', [command, 'help']],
  ['brickwork list', [command, 'list', ...places]],
]
/** Prints the processor time of the process, its start included, when it ends. */
const HOOK = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process._rawDebug('cpu '+(user+system))})`

/** @typedef {{ cpuMs: number, instructions: number | undefined }} Cost */
/** @param {readonly string[]} args @returns {Cost} */
function costOf(args) {
  const { status, stderr } = spawnSync(process.execPath, ['--import', HOOK, ...args], { encoding: 'utf8' })
  const cpu = /^cpu (\d+)$/m.exec(stderr)
  if (status !== 0 || cpu === null) throw new Error(`${args.join(' ')} failed: ${stderr}`)
  return { cpuMs: Number(cpu[1]) / 1000, instructions: instructionsOf(args) }
}
/** `undefined` where perf is missing or the kernel does not count. @param {readonly string[]} args */
function instructionsOf(args) {
  const { stderr } = spawnSync('perf', ['stat', '-x', ',', '-e', 'instructions:u', process.execPath, ...args], { encoding: 'utf8' })
  const count = /^(\d+),/m.exec(stderr)
  return count === null ? undefined : Number(count[1])
}
/** @param {readonly number[]} all */
const least = (all) => (all.length === 0 ? undefined : Math.min(...all))
/** @param {number | undefined} value @param {number | undefined} base */
const ratio = (value, base) => (value === undefined || base === undefined ? undefined : Math.round((value / base) * 100) / 100)

try {
  /** @type {Map<string, Cost[]>} */
  const costs = new Map(PROGRAMS.map(([what]) => [what, []]))
  // One after another, so that a busy time meets all of them.
  for (let run = 0; run < runs; run += 1) for (const [what, args] of PROGRAMS) costs.get(what)?.push(costOf(args))
  const rows = [...costs].map(([what, all]) => ({
    what,
    cpuMs: least(all.map(({ cpuMs }) => cpuMs)),
    instructions: least(all.flatMap(({ instructions }) => (instructions === undefined ? [] : [instructions]))),
  }))
  const base = rows.find(({ what }) => what === BASE)
  const compared = rows.map((row) => ({
    ...row,
    cpuRatio: ratio(row.cpuMs, base?.cpuMs),
    instructionsRatio: ratio(row.instructions, base?.instructions),
  }))
  for (const { what, cpuMs, cpuRatio, instructionsRatio } of compared)
    console.log(`${what.padEnd(20)} ${cpuMs} ms  ${cpuRatio} times, by instructions ${instructionsRatio ?? 'not counted here'}`)
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: CHECKOUT, encoding: 'utf8' }).trim()
  const on = new Date().toISOString().slice(0, 10)
  const result = { bench: 'startup', on, commit, node: process.version, cpus: cpus().length, load: loadavg()[0], runs, rows: compared }
  writeFileSync(values.out ?? join(CHECKOUT, 'docs/evidence/bench/startup.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
