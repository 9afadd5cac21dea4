/** Parses the table line of the kernel's multipath target (drivers/md/dm-mpath.c, multipath_status with STATUSTYPE_TABLE). */
import { ParameterWords } from './parameter-words.js'

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
  const words = new ParameterWords(parameters)
  const [features, handler, many] = [words.several(), words.several(), words.count()]
  words.count()
  const groups = []
  for (let group = 0; group < many; group++) {
    const selector = words.word()
    const settings = words.several()
    const [members, each] = [words.count(), words.count()]
    const paths = []
    for (let member = 0; member < members; member++) {
      paths.push(words.word())
      words.skip(each)
    }
    groups.push({ selector: [selector, settings.length, ...settings].join(' '), paths })
  }
  const whole = words.ended && groups.every(({ paths }) => paths.every((path) => /^[0-9]+:[0-9]+$/.test(path)))
  return whole && !Number.isNaN(many) ? { features, handler, groups } : undefined
}
