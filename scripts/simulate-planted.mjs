// npm run simulate:planted [-- NAME…]: each patch of test/simulation/planted breaks one promise of the library, in a copy of the build. The
// simulation must find it. Ends with a table: which invariant found the bug, with which seed, after how many operations.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { applyPatch } from './mutations/apply.mjs'
import { buildScenarios, CHECKOUT, ensure } from './setup.mjs'

const PATCHES = join(CHECKOUT, 'test/simulation/planted')
/** Operations for each bug, before it counts as missed. */
const BOUND_OPS = 20_000

/**
 * Copies the build and compiles the files that the patch changes. It doesn't check types: that was done without the patch.
 * @param {string} patch @param {string} folder
 */
function plant(patch, folder) {
  cpSync(join(CHECKOUT, 'build/lab'), join(folder, 'build'), { recursive: true })
  cpSync(join(CHECKOUT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'))
  const files = [...readFileSync(patch, 'utf8').matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, file = '']) => file)
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(CHECKOUT, file), join(folder, file))
  }
  applyPatch(folder, patch)
  for (const file of files) {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true }
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), { compilerOptions, fileName: file })
    writeFileSync(join(folder, 'build', file.replace(/\.ts$/, '.js')), outputText)
  }
}

/**
 * The violation that the simulation reports; `undefined` if it finds none.
 * @param {string} folder @returns {Promise<{ seed: string, operation: string, invariant: string, ops: number } | undefined>}
 */
function hunt(folder) {
  return new Promise((resolve, reject) => {
    const program = join(folder, 'build/test/simulation/main.js')
    const child = spawn(process.execPath, [program, '--seed', '1', '--ops', String(BOUND_OPS), '--lines', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text))
    child.on('error', reject)
    child.on('close', () => {
      const found = /^✘ seed (\d+), operation (\d+): ([^:]*): (.*)$/m.exec(output)
      if (found === null) {
        resolve(undefined)
        return
      }
      const earlier = [...output.matchAll(/^seed \d+: (\d+) operations/gm)].map(([, ops]) => Number(ops))
      const [, seed = '', operation = '', invariant = ''] = found
      resolve({ seed, operation, invariant, ops: earlier.reduce((a, b) => a + b, 0) })
    })
  })
}

async function main() {
  await ensure({ quiet: true })
  await buildScenarios()
  const chosen = process.argv.slice(2)
  let missed = 0
  console.log('| planted bug | found by the invariant | seed | operations |\n| --- | --- | --- | --- |')
  for (const name of readdirSync(PATCHES).sort()) {
    if (chosen.length > 0 && !chosen.includes(name.replace(/\.patch$/, ''))) continue
    const folder = mkdtempSync(join(tmpdir(), 'brickwork-planted-'))
    try {
      plant(join(PATCHES, name), folder)
      const found = await hunt(folder)
      const [why = ''] = readFileSync(join(PATCHES, name), 'utf8').split('\n')
      if (found === undefined) missed += 1
      const what = `\`${name.replace(/\.patch$/, '')}\`: ${why}`
      console.log(
        found === undefined
          ? `| ${what} | **not found** | | ${BOUND_OPS} |`
          : `| ${what} | ${found.invariant} | ${found.seed} | ${found.ops} |`,
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  console.log(missed === 0 ? 'Each was found.' : `${missed} not found`)
  process.exitCode = missed === 0 ? 0 : 1
}

await main()
