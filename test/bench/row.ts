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
  /** Paths that an answer must have. Default: all available paths. */
  readonly min?: number
  /** Rounds before those that count, without the fault of the row. */
  readonly warms: number
  readonly rounds: number
  /** os-brick plays this many rounds, if not all: its times differ little, and take most of the row's. 0: it doesn't play. */
  readonly peerRounds?: number
  /** Brickwork also attaches from a process that starts for it. */
  readonly fresh?: true
  /** Which settings of Brickwork play, with their target ratios. */
  readonly asked: Readonly<Partial<Record<Way, Asked>>>
}
/** A way of Brickwork. `Brickwork` has default settings. */
export type Way = 'Brickwork' | 'Brickwork socket' | 'Brickwork direct'
export interface Asked {
  /** os-brick ÷ Brickwork, at least. */
  readonly peer?: number
  /** Brickwork ÷ its own bound, at most. */
  readonly bound?: number
}

const ONE = { targets: 1, volumesOfEach: 1, portals: 4, multipath: true } as const
const PLAIN: readonly Row[] = [
  {
    ...ONE,
    id: 'S0',
    what: '1 volume, single path, new target',
    portals: 1,
    multipath: false,
    warms: 3,
    rounds: 10,
    // The bound of the socket is 14.6 million instructions, and ten more for the volume are (14.6 + 10) ÷ 14.6 of it: 1.7.
    asked: { Brickwork: { peer: 9, bound: 1.3 }, 'Brickwork socket': { peer: 35, bound: 1.7 } },
  },
  {
    ...ONE,
    id: 'S1',
    what: '1 volume, 4 portals, new target',
    warms: 3,
    rounds: 10,
    asked: {
      Brickwork: { peer: 3.8, bound: 1.15 },
      'Brickwork socket': { peer: 4.6, bound: 1.15 },
      'Brickwork direct': { peer: 12, bound: 1.35 },
    },
  },
  {
    ...ONE,
    id: 'S1b',
    what: '1 volume, 4 portals, new target, answered with the first path',
    min: 1,
    warms: 3,
    rounds: 5,
    asked: { Brickwork: { peer: 3.8 } },
  },
  {
    ...ONE,
    id: 'S2',
    what: '8 volumes of one target, 4 portals, at once',
    volumesOfEach: 8,
    warms: 1,
    rounds: 5,
    peerRounds: 2,
    asked: { Brickwork: { peer: 3.8, bound: 1.15 }, 'Brickwork direct': { peer: 9, bound: 1.6 } },
  },
  {
    id: 'S3',
    what: '16 targets × 1 volume, 2 portals, at once',
    targets: 16,
    volumesOfEach: 1,
    portals: 2,
    multipath: true,
    warms: 1,
    rounds: 5,
    peerRounds: 2,
    asked: { Brickwork: { peer: 4, bound: 1.15 } },
  },
  {
    id: 'S4',
    what: '32 volumes of 4 targets, single path, at once',
    targets: 4,
    volumesOfEach: 8,
    portals: 1,
    multipath: false,
    warms: 1,
    rounds: 5,
    peerRounds: 2,
    asked: { Brickwork: { peer: 14, bound: 1.5 }, 'Brickwork socket': { peer: 30, bound: 1.8 } },
  },
  {
    ...ONE,
    id: 'S5',
    what: 'one more volume on 4 sessions that exist',
    onSessions: true,
    warms: 3,
    rounds: 10,
    asked: { Brickwork: { peer: 3.4, bound: 1.2 }, 'Brickwork direct': { peer: 10, bound: 1.4 } },
  },
  {
    ...ONE,
    id: 'S6',
    what: '1 volume, 4 portals, one drops every packet',
    portal: 'drop',
    warms: 1,
    rounds: 5,
    peerRounds: 1,
    asked: { Brickwork: { peer: 60 } },
  },
  {
    ...ONE,
    id: 'S7',
    what: '1 volume, 4 portals, one refuses connections',
    portal: 'refuse',
    warms: 1,
    rounds: 5,
    peerRounds: 1,
    asked: { Brickwork: { peer: 60 } },
  },
  {
    ...ONE,
    id: 'S8',
    what: '1 volume, 4 portals, the LUN is not there: time to the error',
    missing: true,
    warms: 0,
    rounds: 3,
    peerRounds: 1,
    asked: { Brickwork: { peer: 16 } },
  },
  {
    id: 'S9',
    what: '128 volumes of 8 targets, 2 portals, at once',
    targets: 8,
    volumesOfEach: 16,
    portals: 2,
    multipath: true,
    warms: 1,
    rounds: 2,
    peerRounds: 0,
    asked: { Brickwork: { bound: 1.15 } },
  },
  {
    ...ONE,
    id: 'C2',
    what: 'S2 by a process that starts now',
    volumesOfEach: 8,
    warms: 1,
    rounds: 5,
    peerRounds: 0,
    fresh: true,
    asked: { Brickwork: {}, 'Brickwork direct': {} },
  },
]
const DELAY_MS = 3
const SLOWED: Row['asked'] = { Brickwork: { peer: 3.5, bound: 1.15 } }
const slowed = (row: Row): Row => {
  return {
    ...row,
    id: `${row.id}n`,
    what: `${row.id} with ${DELAY_MS} ms more for each packet`,
    delayMs: DELAY_MS,
    rounds: 5,
    peerRounds: 2,
    asked: SLOWED,
  }
}

export const ROWS: readonly Row[] = [...PLAIN, ...PLAIN.filter(({ id }) => id === 'S1' || id === 'S3').map(slowed)]

/** One volume of a storm. */
export interface StormVolume {
  readonly id: string
  readonly iqn: string
  readonly lun: number
  readonly portals: readonly string[]
}
