// Sets up a checkout: the machine's tools, node_modules, the native part, the build and, for the lab, the guest's root and kernel. It is
// fast when nothing is missing. It is safe to repeat, to interrupt, and to run twice at once.
import { existsSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lab/cache.mjs'
import { ensureKernel } from './lab/kernel.mjs'
import { ensureRoot } from './lab/root.mjs'
import { duration, run } from './lab/run.mjs'
import { buildIfChanged } from './lab/stamps.mjs'
import { checkMachine, installTestTools, installTools } from './lab/tools.mjs'
import { runMain } from './main.mjs'

export const CHECKOUT = fileURLToPath(new URL('../', import.meta.url)).replace(/\/$/, '')

/**
 * @param {{ lab?: boolean, distributions?: string[], build?: boolean, tests?: boolean, quiet?: boolean }} [options]
 *   lab: with the lab's tools, roots and kernels; build: false leaves node_modules and the build unchanged;
 *   tests: with packages that only tests need; quiet: prints nothing about steps that had nothing to do
 */
export async function ensure({ lab = false, distributions = ['bookworm'], build = true, tests = false, quiet = false } = {}) {
  checkMachine({ lab })
  /** @param {string} name @param {() => string | Promise<string>} work what it did, or '' */
  const step = async (name, work) => {
    const started = performance.now()
    const done = await work()
    if (done || !quiet) console.log(`${done ? '✔' : '·'} ${name}: ${done || 'ready'} (${duration(performance.now() - started)})`)
  }
  const waiting = () => console.log('· waiting for another set-up to finish')
  const all = async () => {
    await step('tools', () => installTools({ lab }))
    if (tests) await step('tools of tests', installTestTools)
    if (build) await step('node_modules', installModules)
    for (const distribution of lab ? distributions : []) {
      await step(`guest root (${distribution})`, () => unlessQuick(() => ensureRoot(distribution), 'made'))
      await step(`guest kernel (${distribution})`, () => unlessQuick(() => ensureKernel(distribution), 'unpacked'))
    }
    if (!build) return
    // The build is last, so that source code that doesn't compile leaves the rest ready.
    const common = ['package-lock.json']
    await step('native part', () => buildIfChanged(CHECKOUT, 'build:native', 'build', ['native', 'binding.gyp', 'package.json', ...common]))
    await step('library', () => buildIfChanged(CHECKOUT, 'build', 'dist', ['lib', 'scripts/library', 'tsconfig*.json', ...common]))
    if (lab) await step('scenarios', buildScenarios)
  }
  await withLock(`setup ${CHECKOUT}`, all, waiting)
}

/** Builds the lab's scenarios and the simulation, with the library. */
export function buildScenarios() {
  return buildIfChanged(CHECKOUT, 'build:lab', 'build/lab', ['lib', 'test', 'tsconfig*.json', 'package-lock.json'])
}

/** @param {() => Promise<unknown>} work @param {string} word */
async function unlessQuick(work, word) {
  const started = performance.now()
  await work()
  return performance.now() - started > 1000 ? word : ''
}

async function installModules() {
  const lock = join(CHECKOUT, 'package-lock.json')
  if (!existsSync(join(CHECKOUT, 'package.json'))) return ''
  const mark = join(CHECKOUT, 'node_modules/.package-lock.json') // npm writes it last
  if (existsSync(lock) && existsSync(mark) && statSync(mark).mtimeMs >= statSync(lock).mtimeMs) return ''
  await run('npm', [existsSync(lock) ? 'ci' : 'install', '--no-audit', '--no-fund'], { cwd: CHECKOUT })
  return 'installed'
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2)
  const distributions = words.includes('--trixie') ? ['bookworm', 'trixie'] : ['bookworm']
  const started = performance.now()
  await runMain(async () => {
    await ensure({ lab: !words.includes('--no-lab'), tests: true, distributions })
    console.log(`Ready (${duration(performance.now() - started)}).`)
    return 0
  })
}
