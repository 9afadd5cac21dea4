/** os-brick and Brickwork in the same situations: `npm run differential` writes docs/evidence/differential.md from a run of them. */
import { asScenario } from '../differential/situation.js'
import { situations } from '../differential/situations/index.js'
import type { Scenario } from '../play/scenario.js'

export const differential: readonly Scenario[] = situations.map(asScenario)
