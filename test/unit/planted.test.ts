/** Bugs for the simulation are useful only as long as their patches apply. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CHECKOUT = join(import.meta.dirname, '../..')
const FOLDER = 'test/simulation/planted'
const patches = readdirSync(join(CHECKOUT, FOLDER)).map((name) => `${FOLDER}/${name}`)

test('there are at least five', () => {
  expect(patches.length).toBeGreaterThanOrEqual(5)
})
test.each(patches)('%s applies', (patch) => {
  const check = () => execFileSync('git', ['apply', '--check', patch], { cwd: CHECKOUT, stdio: 'pipe', encoding: 'utf8' })
  expect(check).not.toThrow()
})
