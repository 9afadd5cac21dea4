import type { Situation } from '../situation.js'
import * as discovery from './discovery.js'
import * as multipath from './multipath.js'
import * as single from './single.js'
import * as used from './used.js'

export const situations: readonly Situation[] = [single, multipath, discovery, used].flatMap((group) => group.situations)
