// The parts of this checkout. Its scenarios determine them.
import { builtTests } from '../built.mjs'
import { buildScenarios, ensure } from '../setup.mjs'
import { partsOf } from './parts.mjs'

export async function allParts() {
  await ensure({ quiet: true })
  await buildScenarios()
  const { families } = /** @type {typeof import('../../test/scenarios/index.js')} */ (await builtTests('scenarios/index.js'))
  const { groups } = /** @type {typeof import('../../test/differential/situations/index.js')} */ (
    await builtTests('differential/situations/index.js')
  )
  return partsOf(families, [...groups.keys()])
}
