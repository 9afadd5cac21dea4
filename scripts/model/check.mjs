// Checks one run exhaustively: spin makes a verifier in C, gcc compiles it, and it visits every state within its limits.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runGroup } from '../tests/group.mjs'
import { CHECKOUT } from '../tests/stage.mjs'
import { brokenIn, stepsIn } from './trail.mjs'

/** @typedef {import('./runs.mjs').Run} Run */
/** @typedef {import('./runs.mjs').Property} Property */
/** @typedef {{ minutes: number, megabytes: number }} Limits */
/**
 * @typedef {object} Checked
 * @property {number} states
 * @property {number} megabytes
 * @property {number} seconds of the search
 * @property {Property} [broken] the property that a counter-example breaks
 * @property {readonly string[]} steps of the counter-example
 * @property {string} [unfinished] why the search is not exhaustive
 */

export const FOLDER = join(CHECKOUT, 'test/model')
const MODEL = join(FOLDER, 'protocol.pml')
/** No path of the model is longer. A longer one ends the search, which then fails. */
const DEPTH = 100_000

/** @param {Run} run @param {Limits} limits @returns {Promise<Checked>} */
export async function check({ define, breaks }, { minutes, megabytes }) {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-model-'))
  try {
    const macros = Object.entries(define).map(([name, value]) => `-D${name}=${value}`)
    await program(folder, 'spin', ['-a', ...macros, MODEL])
    // COLLAPSE stores states in less memory, and loses none. A search for a planted error goes breadth first, so that it finds a shortest
    // counter-example. It is small, so its verifier need not be fast.
    const how = breaks === undefined ? ['-O1', '-DCOLLAPSE'] : ['-O0', '-DBFS']
    await program(folder, 'gcc', ['-w', ...how, '-DSAFETY', '-DNOFAIR', `-DMEMLIM=${megabytes}`, '-o', 'pan', 'pan.c'])
    const { output, isLate } = await ran(folder, join(folder, 'pan'), [`-m${DEPTH}`], minutes)
    const trail = readdirSync(folder).find((name) => name.endsWith('.trail'))
    const result = { ...numbersIn(output), steps: [] }
    if (trail === undefined) return { ...result, ...unfinished(output, isLate, minutes) }
    const replay = await ran(folder, 'spin', ['-t', '-p', '-k', join(folder, trail), ...macros, MODEL], minutes)
    return { ...result, broken: brokenIn(FOLDER, replay.output), steps: stepsIn(FOLDER, replay.output) }
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} output @param {boolean} isLate @param {number} minutes @returns {Pick<Checked, 'unfinished'>} */
function unfinished(output, isLate, minutes) {
  if (isLate) return { unfinished: `it took longer than ${minutes} minutes` }
  const limit = /max search depth too small|out of memory|memory usage limit|Search not completed/.exec(output)?.[0]
  if (limit !== undefined) return { unfinished: limit }
  return /errors: 0$/m.test(output) ? {} : { unfinished: output.trimEnd().split('\n').slice(-5).join('\n') }
}

/** @param {string} output of the verifier */
function numbersIn(output) {
  /** @param {RegExp} pattern */
  const number = (pattern) => Number(pattern.exec(output)?.[1] ?? 0)
  return {
    states: number(/^ *([\d.e+]+) states, stored/m),
    megabytes: Math.round(number(/^ *([\d.]+)\ttotal actual memory usage/m)),
    seconds: number(/elapsed time ([\d.]+) seconds/),
  }
}

/** @param {string} folder @param {string} command @param {readonly string[]} args @throws when the program fails */
async function program(folder, command, args) {
  const { output, code } = await ran(folder, command, args, 5)
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}:\n${output}`)
}
/** @param {string} folder @param {string} command @param {readonly string[]} args @param {number} minutes */
async function ran(folder, command, args, minutes) {
  let output = ''
  const ended = await runGroup(command, args, { cwd: folder, minutes, onOutput: (text) => (output += text) })
  return { ...ended, output }
}
