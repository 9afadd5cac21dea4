import type { Situation } from '../situation.js'
import * as discovery from './discovery.js'
import * as multipath from './multipath.js'
import * as single from './single.js'
import * as used from './used.js'

/** Situations by the name of their file. */
export const groups: ReadonlyMap<string, readonly Situation[]> = new Map(
  Object.entries({ single, multipath, discovery, used }).map(([name, group]) => [name, group.situations]),
)
export const situations: readonly Situation[] = [...groups.values()].flat()
