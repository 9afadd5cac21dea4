/** Parses the status line of the kernel's multipath target (drivers/md/dm-mpath.c, multipath_status). */
import { ParameterWords } from './parameter-words.js'

export interface PathStatus {
  /** `8:16` */
  readonly device: string
  readonly active: boolean
  readonly failures: number
  /** Number of the group, from 1, in the order of the table. */
  readonly group: number
}
export interface MapStatus {
  readonly queues: boolean
  /** State of each group, in the order of the table. */
  readonly groups: readonly string[]
  readonly paths: readonly PathStatus[]
}

/** `D`: bypassed; `A`: the current group; `E`: any other (multipath_status). */
const GROUP_STATES: Readonly<Record<string, string>> = { A: 'active', E: 'enabled', D: 'disabled' }

/**
 * `2 0 1 0 1 1 A 0 2 2 8:16 A 0 0 1 8:32 F 1 0 1` has these parts:
 * - features, handler arguments, number of groups, next group
 * - for each group: its state, selector arguments, number of paths, number of selector arguments for each path
 * - for each path: its device number, A or F, the number of failures, its selector arguments
 *
 * Returns `undefined` for other text.
 */
export function parseMapStatus(parameters: string): MapStatus | undefined {
  const words = new ParameterWords(parameters)
  const features = words.several()
  words.several()
  const groups = words.count()
  words.count()
  const paths: PathStatus[] = []
  const states: string[] = []
  for (let group = 0; group < groups; group++) {
    states.push(GROUP_STATES[words.word()] ?? 'unknown')
    words.several()
    const members = words.count()
    const each = words.count()
    for (let member = 0; member < members; member++) {
      const device = words.word()
      const state = words.word()
      const failures = words.count()
      words.skip(each)
      paths.push({ device, active: state === 'A', failures, group: group + 1 })
    }
  }
  const whole = words.ended && paths.every(({ device, failures }) => /^[0-9]+:[0-9]+$/.test(device) && !Number.isNaN(failures))
  // In a status, the first feature word counts queued I/O (`2 QUEUED PG_INIT_COUNT`). Only the table shows whether the map queues.
  return whole && !Number.isNaN(groups) ? { queues: features.includes('queue_if_no_path'), groups: states, paths } : undefined
}
