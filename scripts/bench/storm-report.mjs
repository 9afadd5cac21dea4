// The figures of storms: ratios of rounds, as medians with the interval that holds nine tenths of them.
import { BOUNDS, median, PEER, WAYS } from './storm-figures.mjs'

/** @typedef {import('../../test/bench/row.js').Row} Row */
/** @typedef {import('../../test/bench/row.js').Way} Way */
/** @typedef {import('../../test/bench/row.js').Asked} Asked */
/** @typedef {import('../../test/bench/result.js').Round} Round */
/**
 * The measurements of a row, with what they were taken of.
 * @typedef {import('../../test/bench/result.js').Measured & { on: string, tree: string, commit: string, clock: string, versions: string[],
 *   test?: import('../lab/clock/test.mjs').ClockTest | undefined }} Measured
 */
/** @typedef {{ median: number, from: number, to: number, of: number }} Interval */
/** @typedef {{ id: string, party: string, why: string, ok: false }} Failure */
/**
 * @typedef {object} Ratios of one way of Brickwork in one row
 * @property {string} id @property {Way} party @property {'attach' | 'detach'} what
 * @property {number} ms
 * @property {Interval | undefined} peer os-brick ÷ Brickwork
 * @property {Interval | undefined} bound Brickwork ÷ its own bound
 * @property {number} quicker rounds in which it was quicker than its bound
 * @property {Asked} target @property {boolean | undefined} ok undefined: nothing was asked for
 */
/** @typedef {Ratios | Failure} Line */

const DETACH = { peer: 4 }

/** One line for each row and way, attach and detach. @param {readonly Row[]} rows @param {readonly Measured[]} measured @returns {Line[]} */
export function rowsOf(rows, measured) {
  return measured.flatMap((each) => {
    const row = rows.find(({ id }) => id === each.id)
    const failed = each.failures.map(({ party, why }) => ({ id: each.id, party, why, ok: /** @type {const} */ (false) }))
    const ways = row === undefined ? [] : WAYS.filter((way) => timesOf(each, way, 'attach').length > 0)
    const lines = ways.flatMap((way) => {
      const detaches = timesOf(each, way, 'detach').length > 0 && timesOf(each, PEER, 'detach').length > 0
      const attach = ratios(each, way, 'attach', row?.asked[way] ?? {})
      return detaches ? [attach, { ...ratios(each, way, 'detach', DETACH), id: `D${each.id.slice(1)}` }] : [attach]
    })
    return [...lines, ...failed]
  })
}

/** @param {Measured} measured @param {Way} way @param {'attach' | 'detach'} what @param {Asked} target @returns {Ratios} */
function ratios(measured, way, what, target) {
  const times = timesOf(measured, way, what)
  const peers = pairs(timesOf(measured, PEER, what), times, (peer, ours) => peer / ours)
  const bounds = what === 'attach' ? pairs(timesOf(measured, BOUNDS[way], what), times, (bound, ours) => ours / bound) : []
  const peer = interval(peers)
  const bound = interval(bounds)
  // A target is met when the worse end of the interval meets it.
  const checks = [
    ...(target.peer === undefined || peer === undefined ? [] : [peer.from >= target.peer]),
    ...(target.bound === undefined || bound === undefined ? [] : [bound.to <= target.bound]),
  ]
  const quicker = bounds.filter((each) => each < 1).length
  const ok = checks.length === 0 ? undefined : checks.every(Boolean)
  return { id: measured.id, party: way, what, ms: median(times), peer, bound, quicker, target, ok }
}

/** @param {Pick<Measured, 'rounds'>} measured @param {string} party @param {'attach' | 'detach'} what */
const timesOf = ({ rounds }, party, what) => (rounds[party] ?? []).flatMap((round) => round[what]?.ms ?? [])

/**
 * Rounds of the same number are compared. A party that played fewer rounds is compared by its median in the others.
 * @param {readonly number[]} others @param {readonly number[]} ours @param {(other: number, ours: number) => number} ratio
 */
const pairs = (others, ours, ratio) => (others.length === 0 ? [] : ours.map((each, index) => ratio(others[index] ?? median(others), each)))

/** With few rounds the interval covers all of them. @param {readonly number[]} values @returns {Interval | undefined} */
function interval(values) {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const out = Math.floor(sorted.length * 0.05)
  return {
    median: round(median(values)),
    from: round(sorted[out] ?? NaN),
    to: round(sorted[sorted.length - 1 - out] ?? NaN),
    of: sorted.length,
  }
}
/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100

/** The title of a row, or of its detach. @param {readonly Row[]} rows @param {string} id */
export const titleOf = (rows, id) =>
  rows.find((row) => row.id === id || (id.startsWith('D') && row.id.slice(1) === id.slice(1)))?.what ?? ''
/** @param {Interval | undefined} each */
export const ratio = (each) => (each === undefined ? '–' : `${each.median.toFixed(2)} (${each.from.toFixed(2)}–${each.to.toFixed(2)})`)
/** @param {Asked} target */
export const askedFor = ({ peer, bound }) =>
  [...(peer === undefined ? [] : [`≥ ${peer}`]), ...(bound === undefined ? [] : [`≤ ${bound}`])].join(', ') || '–'
/** @param {boolean | undefined} ok */
export const yesOrNo = (ok) => (ok === undefined ? '–' : ok ? 'yes' : 'no')
