/** The rows of `npm run bench:storm`. */

export interface Row {
  readonly id: string
  readonly what: string
  readonly targets: number
  readonly volumesOfEach: number
  readonly portals: number
  readonly multipath: boolean
  /** The sessions exist already: another volume of each target is attached. */
  readonly onSessions?: true
  /** The fault of one of the portals. */
  readonly portal?: 'drop' | 'refuse'
  /** The target does not have the LUN. Measures the time to the error, with a deadline of 10 s; os-brick has its own limit. */
  readonly missing?: true
  /** Additional delay of every packet to and from the portals. */
  readonly delayMs?: number
  /** Whether the row has a warm-up round. False for rows that consist almost entirely of waiting. Default true. */
  readonly warms?: false
  /** Paths that an answer must have. Default: all available paths. */
  readonly min?: number
  readonly pairs: number
  /** Target ratios. */
  readonly target: Asked
  /** Target ratios if both create the map directly. */
  readonly direct?: Asked
}
interface Asked {
  readonly peer: number
  readonly bound?: number
}

const PLAIN: readonly Row[] = [
  {
    id: 'S0',
    what: '1 volume, single path, new target',
    targets: 1,
    volumesOfEach: 1,
    portals: 1,
    multipath: false,
    pairs: 10,
    target: { peer: 10, bound: 2 },
  },
  {
    id: 'S1',
    what: '1 volume, 4 portals, new target',
    targets: 1,
    volumesOfEach: 1,
    portals: 4,
    multipath: true,
    pairs: 10,
    target: { peer: 3.5, bound: 1.1 },
    direct: { peer: 10, bound: 1.4 },
  },
  {
    id: 'S1b',
    what: '1 volume, 4 portals, new target, answered with the first path',
    targets: 1,
    volumesOfEach: 1,
    portals: 4,
    multipath: true,
    min: 1,
    pairs: 10,
    target: { peer: 3.5 },
  },
  {
    id: 'S2',
    what: '8 volumes of one target, 4 portals, at once',
    targets: 1,
    volumesOfEach: 8,
    portals: 4,
    multipath: true,
    pairs: 5,
    target: { peer: 2.5, bound: 1.1 },
    direct: { peer: 15, bound: 1.3 },
  },
  {
    id: 'S3',
    what: '16 targets × 1 volume, 2 portals, at once',
    targets: 16,
    volumesOfEach: 1,
    portals: 2,
    multipath: true,
    pairs: 5,
    target: { peer: 3, bound: 1.1 },
    direct: { peer: 8, bound: 1.3 },
  },
  {
    id: 'S4',
    what: '32 volumes of 4 targets, single path, at once',
    targets: 4,
    volumesOfEach: 8,
    portals: 1,
    multipath: false,
    pairs: 5,
    target: { peer: 15, bound: 1.3 },
  },
  {
    id: 'S5',
    what: 'one more volume on 4 sessions that exist',
    targets: 1,
    volumesOfEach: 1,
    portals: 4,
    multipath: true,
    onSessions: true,
    pairs: 10,
    target: { peer: 2, bound: 1.15 },
    direct: { peer: 20, bound: 1.8 },
  },
  {
    id: 'S6',
    what: '1 volume, 4 portals, one drops every packet',
    targets: 1,
    volumesOfEach: 1,
    portals: 4,
    multipath: true,
    portal: 'drop',
    warms: false,
    pairs: 5,
    target: { peer: 40 },
  },
  {
    id: 'S7',
    what: '1 volume, 4 portals, one refuses connections',
    targets: 1,
    volumesOfEach: 1,
    portals: 4,
    multipath: true,
    portal: 'refuse',
    warms: false,
    pairs: 5,
    target: { peer: 40 },
  },
  {
    id: 'S8',
    what: '1 volume, 4 portals, the LUN is not there: time to the error',
    targets: 1,
    volumesOfEach: 1,
    portals: 4,
    multipath: true,
    missing: true,
    warms: false,
    pairs: 3,
    target: { peer: 16 },
  },
]
const DELAY_MS = 3
const slowed = (row: Row, pairs: number): Row => {
  return { ...row, id: `${row.id}n`, what: `${row.id} with ${DELAY_MS} ms more for each packet`, delayMs: DELAY_MS, pairs }
}

export const ROWS: readonly Row[] = [
  ...PLAIN,
  ...PLAIN.filter(({ id }) => id === 'S1').map((row) => slowed(row, 5)),
  ...PLAIN.filter(({ id }) => id === 'S3').map((row) => slowed(row, 3)),
]

/** One volume of a storm. */
export interface StormVolume {
  readonly id: string
  readonly iqn: string
  readonly lun: number
  readonly portals: readonly string[]
}
