/** Parses the status line of the kernel's multipath target (drivers/md/dm-mpath.c, multipath_status). */

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
  const words = parameters.trim().split(/\s+/)
  let at = 0
  const word = () => words[at++] ?? ''
  const count = () => {
    const value = Number(word())
    return Number.isInteger(value) && value >= 0 && value <= 4096 ? value : Number.NaN
  }
  const skip = () => {
    const many = count()
    const skipped = words.slice(at, at + many)
    at += many
    return skipped
  }
  const features = skip()
  skip()
  const groups = count()
  count()
  const paths: PathStatus[] = []
  const states: string[] = []
  for (let group = 0; group < groups; group++) {
    states.push(GROUP_STATES[word()] ?? 'unknown')
    skip()
    const members = count()
    const each = count()
    for (let member = 0; member < members; member++) {
      const device = word()
      const state = word()
      const failures = count()
      at += each
      paths.push({ device, active: state === 'A', failures, group: group + 1 })
    }
  }
  const whole = at === words.length && paths.every(({ device, failures }) => /^[0-9]+:[0-9]+$/.test(device) && !Number.isNaN(failures))
  // In a status, the first feature word counts queued I/O (`2 QUEUED PG_INIT_COUNT`). Only the table shows whether the map queues.
  return whole && !Number.isNaN(groups) ? { queues: features.includes('queue_if_no_path'), groups: states, paths } : undefined
}
