// Runs bench:native in the lab's guest: a real sysfs and real SCSI commands.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../lab/boot.mjs'
import { withLock } from '../../lab/cache.mjs'
import { readJson } from '../../lab/json.mjs'
import { CHECKOUT, ensure } from '../../setup.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const LONGEST_MS = 900_000

/** @returns {Promise<import('./ratios.mjs').Row[]>} */
export async function measureInGuest() {
  await ensure({ lab: true, quiet: true })
  const programs = join(CHECKOUT, 'build/bench')
  mkdirSync(programs, { recursive: true })
  for (const name of ['read', 'inquiry'])
    execFileSync('cc', ['-O2', '-static', '-pthread', '-o', join(programs, name), join(here, `${name}.c`)])
  const out = mkdtempSync(join(tmpdir(), 'brickwork-native-'))
  try {
    const result = await withLock(
      'lab tests',
      () =>
        boot({
          command: ['node', '/brickwork/scripts/bench/native/guest.mjs', '/out/native.json'],
          timeoutMs: LONGEST_MS,
          out,
          onLine: (line) => console.log(line),
        }),
      () => console.log('Waiting for another run of the lab to finish'),
    )
    if (result.outcome !== 'exited' || result.exitCode !== 0) throw new Error(`the guest's part failed: ${result.message}`)
    return /** @type {import('./ratios.mjs').Row[]} */ (readJson(join(out, 'native.json')))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
