// Packs the library for the lab's guests, into build/packed/brickwork-storage.tgz. It is fast when nothing has changed.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './lab/run.mjs'
import { buildIfChanged } from './lab/stamps.mjs'
import { runMain } from './main.mjs'
import { CHECKOUT } from './tests/stage.mjs'

const INPUTS = ['lib', 'native', 'binding.gyp', 'docs', '*.md', 'package*.json', 'tsconfig*.json']

/** Packs unless that was done already. */
export const ensurePacked = () => buildIfChanged(CHECKOUT, 'packed', 'build/packed', INPUTS)

async function pack() {
  const folder = join(CHECKOUT, 'build/packed')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await run('npm', ['pack', '--pack-destination', folder], { cwd: CHECKOUT, env: { BRICKWORK_PREBUILDS: 'linux-x64-glibc' } })
  const [tarball = ''] = readdirSync(folder)
  renameSync(join(folder, tarball), join(folder, 'brickwork-storage.tgz'))
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(pack)
