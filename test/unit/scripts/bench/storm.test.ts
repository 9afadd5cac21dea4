/** Attach storms: which rows are up to date, how a new result replaces the old ones, and how figures become ratios. */
import { expect, test } from 'vitest'
import { isMeasured, withRow } from '../../../../scripts/bench/storm-kept.mjs'
import { pageOf } from '../../../../scripts/bench/storm-page.mjs'
import { type Measured, rowsOf } from '../../../../scripts/bench/storm-report.mjs'
import { reportOf } from '../../../../scripts/bench/storm-tables.mjs'
import { disturbance, figuresOf, type Round } from '../../../bench/result.js'
import { ROWS } from '../../../bench/row.js'
import type { Timed } from '../../../bench/stopwatch.js'

const TIMED: Timed = {
  ns: 20e6,
  answer: 'done',
  seen: { maps: 1, liveMaps: 1, disks: 4 },
  peakKib: 1024,
  idleNs: 5e6,
  forks: 3,
  requests: 0,
  mainNs: 4e6,
  threadsNs: 6e6,
  groups: { Brickwork: 7e6, harness: 1e6, iscsid: 2e6, multipathd: 4000 },
  longestWaitMs: 1,
  waited: 'iscsid',
  sleepsNs: [110e6, 112e6],
}
const round = (ms: number): Round => ({ attach: figuresOf({ ...TIMED, ns: ms * 1e6 }) })
const measured = (id: string, tree: string, rounds: Measured['rounds'] = {}): Measured => ({
  id,
  tree,
  rounds,
  commit: 'c0ffee',
  clock: 'instructions',
  on: '2026-11-30',
  versions: [],
  repeated: {},
  failures: [],
  stories: {},
  loops: {},
})

test('a row that was measured on the same tree without a failure need not be measured again', () => {
  expect(isMeasured(measured('S1', 'aaaa'), 'aaaa')).toBe(true)
  expect(isMeasured(measured('S1', 'bbbb'), 'aaaa')).toBe(false)
  expect(isMeasured(undefined, 'aaaa')).toBe(false)
  expect(isMeasured({ ...measured('S1', 'aaaa'), failures: [{ party: 'bound', why: 'no map' }] }, 'aaaa')).toBe(false)
})
test('a new row takes the place of its earlier result, and rows of another tree are dropped', () => {
  const before = [measured('S3', 'new'), measured('S1', 'old'), measured('S2', 'old'), measured('gone', 'new')]
  expect(withRow(ROWS, before, measured('S1', 'new')).map(({ id, tree }) => `${id} ${tree}`)).toEqual(['S1 new', 'S3 new'])
})
test('each way is compared with its own bound, and with os-brick by its median where that played fewer rounds', () => {
  const rounds = {
    'os-brick': [round(80)],
    'Brickwork socket': [round(20), round(10)],
    bound: [round(10), round(20)],
    'bound as it comes': [round(1), round(1)],
  }
  const [line] = rowsOf(ROWS, [measured('S1', 'a', rounds)])
  expect(line).toMatchObject({
    id: 'S1',
    party: 'Brickwork socket',
    peer: { median: 6, from: 4, to: 8, of: 2 },
    bound: { median: 1.25, from: 0.5, to: 2 },
    quicker: 1,
    ok: false,
  })
})
test('figures have the time of each program but the harness, and the threads of the party apart', () => {
  expect(figuresOf(TIMED)).toMatchObject({ ms: 20, idleMs: 5, byProgram: { Brickwork: 7, iscsid: 2 }, mainMs: 4, threadsMs: 2, started: 3 })
})
test('a round that made requests to the machine is disturbed, and one that had idle time while sleeps were late', () => {
  expect(disturbance(TIMED)).toBeUndefined()
  expect(disturbance({ ...TIMED, requests: 2 })).toBe('2 requests of 9p')
  expect(disturbance({ ...TIMED, ns: 1e9, requests: 2 })).toBeUndefined()
  expect(disturbance({ ...TIMED, sleepsNs: [110e6, 131e6] })).toBe('100 sleeps of 1 ms took 131 ms')
  expect(disturbance({ ...TIMED, sleepsNs: [110e6, 131e6], idleNs: 0.1e6 })).toBeUndefined()
})
test('the report and the page name every row, party and step', () => {
  const story = [{ id: 'v0-1', steps: [{ step: 'login' as const, startMs: 0, ms: 5 }] }]
  const rows = [{ ...measured('S1', 'a', { Brickwork: [round(20)], 'bound as it comes': [round(10)] }), stories: { Brickwork: story } }]
  const lines = rowsOf(ROWS, rows)
  expect(reportOf(ROWS, lines, rows)).toContain('| S1 | Brickwork | 1 | 20.0 (20.0–20.0) | 15.0 + 5.0 | 7.0 (4.0 + 2.0 + 1.0) |')
  expect(pageOf(ROWS, lines, rows)).toContain('v0-1 login : 0.0 ms + 5.0 ms')
})
