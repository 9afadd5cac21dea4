/** os-brick and Brickwork in the same situations: `npm run differential` writes docs/differential.md from a run of them. */
import { asScenario } from '../differential/situation.js'
import * as discovery from '../differential/situations/discovery.js'
import * as multipath from '../differential/situations/multipath.js'
import * as single from '../differential/situations/single.js'
import * as used from '../differential/situations/used.js'
import type { Scenario } from '../scenario.js'

export const situations: readonly Scenario[] = [single, multipath, discovery, used].flatMap((group) => group.situations).map(asScenario)
