// Runs the fuzzers of native/fuzz. Each first runs its committed inputs, which must all pass, and then goes on from there for some seconds.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKOUT, collect } from './stage.mjs'

const FOLDER = join(CHECKOUT, 'native/fuzz')
export const FUZZERS = readdirSync(FOLDER).flatMap((name) => /^(\w+_fuzz)\.cc$/.exec(name)?.[1] ?? [])

/**
 * Runs as many fuzzers at once as there are processors.
 * @param {string} built folder with the programs @param {number} seconds for each
 * @returns {Promise<import('./stage.mjs').Counts>}
 */
export async function fuzz(built, seconds) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const waiting = [...FUZZERS]
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      counts[(await fuzzOne(join(built, 'fuzz', name), name, seconds)) ? 'passed' : 'failed']++
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return counts
}

/**
 * Discards new inputs. Prints the input that makes the program fail, in Base64 too.
 * @param {string} program @param {string} name @param {number} seconds @returns {Promise<boolean>}
 */
async function fuzzOne(program, name, seconds) {
  const corpus = join(FOLDER, 'corpus', name)
  const known = readdirSync(corpus).length
  const found = mkdtempSync(join(tmpdir(), 'brickwork-fuzz-'))
  try {
    const limits = [`-max_total_time=${seconds}`, '-max_len=4096', '-timeout=10', '-rss_limit_mb=1024']
    const { exitCode, output } = await collect(program, [...limits, `-artifact_prefix=${found}/`, found, corpus])
    const runs = /^Done (\d+) runs/m.exec(output)?.[1]
    const passed = exitCode === 0 && known > 0 && runs !== undefined
    console.log(
      passed ? `✔ ${name}: ${known} inputs known, ${runs} runs` : `✘ ${name}: ${known} inputs known, exit code ${exitCode}\n${output}`,
    )
    return passed
  } finally {
    rmSync(found, { recursive: true, force: true })
  }
}
