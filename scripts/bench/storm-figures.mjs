// Figures of one party in one row: medians over its rounds.

/** @typedef {import('../../test/bench/result.js').Figures} Figures */
/** @typedef {import('../../test/bench/result.js').Round} Round */
/** @typedef {import('./storm-report.mjs').Measured} Measured */
/** @typedef {import('../../test/bench/row.js').Way} Way */

export const PEER = 'os-brick'
/** @type {readonly Way[]} */
export const WAYS = ['Brickwork', 'Brickwork socket', 'Brickwork direct']
/** The bound of each way. @type {Readonly<Record<Way, string>>} */
export const BOUNDS = { Brickwork: 'bound as it comes', 'Brickwork socket': 'bound', 'Brickwork direct': 'bound direct' }

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const above = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? above : ((sorted[middle - 1] ?? NaN) + above) / 2
}

/**
 * @typedef {object} Summary of a party's attaches. Milliseconds; on the instruction clock a busy one is a million instructions.
 * @property {string} party @property {number} rounds
 * @property {number} ms @property {number} busyMs @property {number} idleMs
 * @property {number} from the least of all rounds @property {number} to the greatest
 * @property {number} ownMs processor time of the party: its process and those that it starts
 * @property {number} mainMs of its main thread @property {number} threadsMs of its other threads @property {number} othersMs of processes that it starts
 * @property {number} started processes and threads @property {number} peakMib
 * @property {readonly number[]} volumes first, median and last volume; may be empty
 * @property {readonly (readonly [string, number])[]} programs the greatest first; `the rest` is what no program used
 * @property {readonly string[]} waits programs that ran after a wait of more than 0.9 s, one for each such round
 */
const LONG_WAIT_MS = 900

/** Those that played. @param {Measured} measured @returns {readonly Summary[]} */
export function summaries({ rounds }) {
  return Object.entries(rounds).flatMap(([party, played]) => (played.length === 0 ? [] : [summary(party, played)]))
}

/** @param {string} party @param {readonly Round[]} rounds @returns {Summary} */
function summary(party, rounds) {
  const attaches = rounds.map(({ attach }) => attach)
  /** @param {(figures: Figures) => number} of */
  const mid = (of) => median(attaches.map(of))
  /** @param {Figures} figures */
  const own = ({ byProgram }) => byProgram[party] ?? 0
  const times = attaches.map(({ ms }) => ms)
  const names = [...new Set(attaches.flatMap(({ byProgram }) => Object.keys(byProgram)))]
  /** @param {Figures} figures */
  const rest = ({ ms, idleMs, byProgram }) => Math.max(0, ms - idleMs - Object.values(byProgram).reduce((sum, each) => sum + each, 0))
  const programs = [
    ...names.map((name) => /** @type {const} */ ([name, mid(({ byProgram }) => byProgram[name] ?? 0)])),
    /** @type {const} */ (['the rest', mid(rest)]),
  ]
  const volumes = rounds.flatMap((round) => (round.volumes === undefined ? [] : [round.volumes]))
  return {
    party,
    rounds: rounds.length,
    ms: median(times),
    busyMs: mid(({ ms, idleMs }) => ms - idleMs),
    idleMs: mid(({ idleMs }) => idleMs),
    from: Math.min(...times),
    to: Math.max(...times),
    ownMs: mid(own),
    mainMs: mid(({ mainMs }) => mainMs),
    threadsMs: Math.max(
      0,
      mid(({ threadsMs }) => threadsMs),
    ),
    othersMs: mid((figures) => Math.max(0, own(figures) - figures.mainMs - figures.threadsMs)),
    started: mid(({ started }) => started),
    peakMib: mid(({ peakKib }) => peakKib / 1024),
    volumes: volumes.length === 0 ? [] : [0, 1, 2].map((index) => median(volumes.map((each) => each[index] ?? NaN))),
    programs: [...programs].sort(([, a], [, b]) => b - a).filter(([, ms]) => ms >= 0.05),
    waits: attaches.filter(({ longestWaitMs }) => longestWaitMs > LONG_WAIT_MS).map(({ waited }) => waited),
  }
}

/** The time on a processor of three instructions a nanosecond, by arithmetic. @param {Pick<Summary, 'busyMs' | 'idleMs'>} summary */
export const atThreeMs = ({ busyMs, idleMs }) => busyMs / 3 + idleMs
