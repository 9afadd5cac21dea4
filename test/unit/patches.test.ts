/** Patches that break the code on purpose are worth nothing once they do not apply any more. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CHECKOUT = join(import.meta.dirname, '../..')
const patches = ['test/mutations', 'test/simulation/planted'].flatMap((folder) =>
  readdirSync(join(CHECKOUT, folder))
    .filter((name) => name.endsWith('.patch'))
    .map((name) => `${folder}/${name}`),
)

test('there are patches', () => {
  expect(patches.length).toBeGreaterThan(40)
})
test.each(patches)('%s applies', (patch) => {
  const check = () => execFileSync('git', ['apply', '--check', patch], { cwd: CHECKOUT, stdio: 'pipe', encoding: 'utf8' })
  expect(check).not.toThrow()
})
