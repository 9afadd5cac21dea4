// Real uevents of this machine: the kernel sends them for one device, and the library and a receiver in C both receive them.
import { execFileSync, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtLibrary } from '../../built.mjs'
import { row } from './ratios.mjs'

const { uevents } = /** @type {typeof import('../../../lib/index.js')} */ (await builtLibrary('index.js'))

const here = dirname(fileURLToPath(import.meta.url))
/** Any device that always exists. */
const DEVICE = '/sys/class/mem/null/uevent'
const BURST = 10_000
const STEADY = { rate: 1000, seconds: 10 }

/** @param {string} base @returns {Promise<import('./ratios.mjs').Row[]>} */
export async function measureUevents(base) {
  const program = join(base, 'uevents')
  execFileSync('cc', ['-O2', '-o', program, join(here, 'uevents.c')])
  const burst = await round(program, BURST, 0)
  const { rate, seconds } = STEADY
  const steady = await round(program, rate * seconds, rate)
  const complete = burst.ours.times.size === BURST
  const [ours, c] = [p99(steady.sent, steady.ours.times), p99(steady.sent, steady.c.times)]
  const shown = `${burst.ours.times.size} of ${BURST} came${burst.ours.missed ? ', and the loss was reported' : ''}`
  return [
    row(
      'U1',
      `uevents: ${BURST} in a burst: all of them, or the loss is reported; ${shown}`,
      'complete',
      complete || burst.ours.missed ? 1 : 0,
      false,
      1,
    ),
    row(
      'U2',
      `uevents: ${rate} a second for ${seconds} s, p99 from write() to JavaScript, against a C receiver`,
      'bound',
      Number((ours / c).toFixed(2)),
      true,
      3,
      {
        oursUs: Math.round(ours / 1000),
        cUs: Math.round(c / 1000),
        of: steady.ours.times.size,
      },
    ),
  ]
}

/** When each event was sent or received, in nanoseconds by its number. @typedef {Map<number, number>} Times */

/** @param {string} program @param {number} count @param {number} rate */
async function round(program, count, rate) {
  const receiver = spawn(program, ['receive'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const listening = new Promise((resolve) => {
    receiver.stdout.setEncoding('utf8').on('data', (/** @type {string} */ data) => {
      said += data
      if (said.startsWith('listening')) resolve(undefined)
    })
  })
  const received = ended(receiver, 'the receiver')
  await listening
  const ours = { times: /** @type {Times} */ (new Map()), missed: false }
  const stream = await uevents({ sources: ['kernel'] })
  const hearing = (async () => {
    for await (const { events, missed } of stream) {
      ours.missed ||= missed
      const at = Number(process.hrtime.bigint())
      for (const { properties } of events) {
        if (properties.has('SYNTH_ARG_END')) return
        const number = properties.get('SYNTH_ARG_N')
        if (number !== undefined) ours.times.set(Number(number), at)
      }
    }
  })()
  const sender = spawn(program, ['send', DEVICE, String(count), String(rate)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let sentText = ''
  sender.stdout.setEncoding('utf8').on('data', (/** @type {string} */ data) => (sentText += data))
  await ended(sender, `the sender, which needs root to write to ${DEVICE},`)
  await Promise.all([hearing, received])
  return { sent: timesIn(sentText), ours, c: { times: timesIn(said) } }
}

/** @param {import('node:child_process').ChildProcess} child @param {string} name @returns {Promise<void>} */
function ended(child, name) {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${name} ended with ${code ?? 'a signal'}`))
    })
  })
}

/** @param {string} text @returns {Times} */
function timesIn(text) {
  return new Map([...text.matchAll(/^([0-9]+) ([0-9]+)$/gm)].map(([, number, at]) => [Number(number), Number(at)]))
}
/** The 99th percentile of the latency of the events received. @param {Times} sent @param {Times} came */
function p99(sent, came) {
  const took = [...came].map(([number, at]) => at - (sent.get(number) ?? NaN)).sort((a, b) => a - b)
  return took[Math.floor(took.length * 0.99)] ?? NaN
}
