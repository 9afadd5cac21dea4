// A report of the profiles of attaches (test/bench/profiler.ts): where the main thread spent its time, and whose code that was.

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '../lab/json.mjs'
import { CHECKOUT } from '../setup.mjs'

const MS = 1000
const FUNCTIONS = 15

/** The origin of a function, in the order of the table. @type {readonly (readonly [string, RegExp])[]} */
const ORIGINS = [
  ['idle', /^\(idle\)$/],
  ['collecting garbage', /^\(garbage collector\)$/],
  ['outside of JavaScript: system calls of libuv, the native part, compiling', /^\((program|root)\)$/],
  ['Node.js: child processes', /^node:(internal\/child_process|child_process)/],
  ['Node.js: files', /^node:(internal\/fs|fs)/],
  [
    'Node.js: streams, sockets and pipes',
    /^node:(internal\/streams|internal\/stream|stream|net|internal\/net|buffer|internal\/buffer|string_decoder|events)/,
  ],
  ['Node.js: the rest', /^node:/],
  ['zod', /node_modules\/zod\//],
  ['the harness', /build\/lab\/test\//],
  ['lib/host', /build\/lab\/lib\/host\//],
  ['lib/linux', /build\/lab\/lib\/linux\//],
  ['lib/connectors', /build\/lab\/lib\/connectors\//],
  ['lib/attach', /build\/lab\/lib\/attach\//],
  ['lib, the rest', /build\/lab\/lib\//],
]
/** @typedef {import('node:inspector').Profiler.Profile} Profile */
/** A function with its own time in milliseconds. @typedef {import('node:inspector').Runtime.CallFrame & { ms: number }} Frame */

/** @param {Frame} frame */
const originOf = ({ url, functionName }) =>
  ORIGINS.find(([, pattern]) => pattern.test(url === '' ? functionName : url))?.[0] ?? 'functions of V8 and of the native part'

/**
 * Copies the profiles of a row to build/bench and prints their report.
 * @param {string} out folder with the profiles @param {import('./storm-report.mjs').Measured} row @param {string} party
 * @param {boolean} write keeps the report in docs/evidence/bench/profiles @returns {import('../tests/stage.mjs').Counts}
 */
export function reportProfiles(out, { id, rounds, on }, party, write) {
  const files = readdirSync(out).filter((name) => name.startsWith(`${id}-`) && name.endsWith('.cpuprofile'))
  if (files.length === 0) {
    console.log(`✘ ${id}: no attach of "${party}" was profiled. Check the name of the party, and that it attached`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  for (const name of files) copyFileSync(join(out, name), join(CHECKOUT, 'build/bench', name))
  const profiles = files.map((name) => /** @type {Profile} */ (readJson(join(out, name))))
  const report = profileReport({ id, party, on }, profiles, rounds[party] ?? [])
  console.log(`\n${report}`)
  const folder = join(CHECKOUT, 'docs/evidence/bench/profiles')
  if (write) mkdirSync(folder, { recursive: true })
  if (write) writeFileSync(join(folder, `${id}.md`), report)
  return { passed: 1, failed: 0, skipped: 0 }
}

/**
 * @param {{ id: string, party: string, on: string }} what @param {readonly Profile[]} profiles of V8, one for each attach
 * @param {readonly import('../../test/bench/result.js').Round[]} rounds
 */
export function profileReport({ id, party, on }, profiles, rounds) {
  const frames = profiles.flatMap(selfTimes)
  /** @param {number} ms */
  const perAttach = (ms) => ms / profiles.length
  const origins = [...ORIGINS.map(([name]) => name), 'functions of V8 and of the native part'].map((name) => ({
    name,
    ms: perAttach(sumOf(frames.filter((each) => originOf(each) === name))),
  }))
  const busy = origins.reduce((sum, { name, ms }) => (name === 'idle' ? sum : sum + ms), 0)
  /** @param {(round: typeof rounds[number]) => number} of */
  const mean = (of) => rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length
  const programs = [...new Set(rounds.flatMap(({ attach }) => Object.keys(attach.byProgram)))]
    .map((name) => ({ name, ms: mean(({ attach }) => attach.byProgram[name] ?? 0) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 8)
  return `# Where ${id} spends its time: ${party}

Written on ${on} by \`npm run bench:storm -- ${id} --profile "${party}" --write\`: means of ${profiles.length} attaches in the lab's guest, sampled each
millisecond. An attach took ${mean(({ attach }) => attach.ms).toFixed(0)} ms; the main thread was busy for ${busy.toFixed(0)} ms of it.

## The processors, by program

The party has the processes that it starts, and what samples it.

| program | ms |
| --- | --- |
${programs.map(({ name, ms }) => `| ${name} | ${ms.toFixed(0)} |`).join('\n')}

## The main thread, by whose code it was in

| in | ms | of what it was busy |
| --- | --- | --- |
${origins
  .filter(({ ms }) => ms >= 0.5)
  .map(({ name, ms }) => `| ${name} | ${ms.toFixed(0)} | ${name === 'idle' ? '' : `${((100 * ms) / busy).toFixed(0)} %`} |`)
  .join('\n')}

## The functions that it was in longest

| function | where | ms |
| --- | --- | --- |
${longest(frames)
  .map(({ name, place, ms }) => `| \`${name}\` | ${place} | ${perAttach(ms).toFixed(1)} |`)
  .join('\n')}
`
}

/** @param {Profile} profile @returns {Frame[]} */
function selfTimes({ nodes, samples = [], timeDeltas = [] }) {
  /** By node. @type {Map<number, number>} */
  const ms = new Map()
  samples.forEach((node, index) => ms.set(node, (ms.get(node) ?? 0) + (timeDeltas[index] ?? 0) / MS))
  return nodes.map(({ id, callFrame }) => ({ ...callFrame, ms: ms.get(id) ?? 0 }))
}
/** @param {readonly Frame[]} frames */
const sumOf = (frames) => frames.reduce((sum, { ms }) => sum + ms, 0)

/** @param {readonly Frame[]} frames */
function longest(frames) {
  /** @type {Map<string, { name: string, place: string, ms: number }>} */
  const functions = new Map()
  for (const { functionName, url, lineNumber, ms } of frames) {
    if (url === '') continue
    const place = url.replace(/^file:\/\/\/brickwork\/(build\/lab\/)?/, '').replace(/\.js$/, '')
    const key = `${functionName} ${place} ${lineNumber}`
    const known = functions.get(key) ?? { name: functionName || '(anonymous)', place, ms: 0 }
    functions.set(key, { ...known, ms: known.ms + ms })
  }
  return [...functions.values()].sort((a, b) => b.ms - a.ms).slice(0, FUNCTIONS)
}
