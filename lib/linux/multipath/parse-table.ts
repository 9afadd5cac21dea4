/** Parses the table line of the kernel's multipath target (drivers/md/dm-mpath.c, multipath_status with STATUSTYPE_TABLE). */

export interface MapTable {
  /** Features with their arguments. */
  readonly features: readonly string[]
  /** Hardware handler with its arguments; empty if there is none. */
  readonly handler: readonly string[]
  readonly groups: readonly { readonly selector: string; readonly paths: readonly string[] }[]
}

/**
 * `1 queue_if_no_path 1 alua 2 1 service-time 0 1 2 8:16 1 1 service-time 0 1 2 8:32 1 1` has these parts:
 * - features, handler, number of groups, first group
 * - for each group: its selector, the selector's arguments, number of paths, number of selector arguments for each path
 * - for each path: its device number, its selector arguments
 *
 * Returns `undefined` for other text.
 */
export function parseMapTable(parameters: string): MapTable | undefined {
  const words = parameters.trim().split(/\s+/)
  let at = 0
  const word = () => words[at++] ?? ''
  const count = () => {
    const value = Number(word())
    return Number.isInteger(value) && value >= 0 && value <= 4096 ? value : Number.NaN
  }
  const several = () => {
    const many = count()
    const taken = words.slice(at, at + many)
    at += many
    return taken
  }
  const [features, handler, many] = [several(), several(), count()]
  count()
  const groups = []
  for (let group = 0; group < many; group++) {
    const selector = word()
    const settings = several()
    const [members, each] = [count(), count()]
    const paths = []
    for (let member = 0; member < members; member++) {
      paths.push(word())
      at += each
    }
    groups.push({ selector: [selector, settings.length, ...settings].join(' '), paths })
  }
  const whole = at === words.length && groups.every(({ paths }) => paths.every((path) => /^[0-9]+:[0-9]+$/.test(path)))
  return whole && !Number.isNaN(many) ? { features, handler, groups } : undefined
}
