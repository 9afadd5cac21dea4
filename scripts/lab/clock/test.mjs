// The test of the instruction clock: a program that a guest with that clock runs before its command.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { artefact } from '../cache.mjs'
import { parseJson } from '../json.mjs'
import { run } from '../run.mjs'

/**
 * What the test measured. @typedef {object} ClockTest
 * @property {number} plainMs the time of 10⁸ plain instructions: 100 ms
 * @property {number} memsetPerByte instructions for each byte of memset(3) of 16 MiB
 * @property {number} readPerByte the same of read(2)
 * @property {number} startMs of a small program, to its end
 * @property {number} sleepsMs of 100 sleeps of 1 ms; they are as long as the machine's own wake-ups
 * @property {boolean} ok whether the clock counts instructions; sleeps don't count here
 */

const SOURCE = fileURLToPath(new URL('./clock.c', import.meta.url))
/** The line that init.sh prints before all that the command writes. */
export const CLOCK_LINE = '@@lab-clock '

/** The test's program. Compiles it if it doesn't exist. @returns {Promise<string>} its file */
export async function clockProgram() {
  const folder = await artefact('clock', [readFileSync(SOURCE, 'utf8')], (into) =>
    run('cc', ['-O2', '-static', '-o', join(into, 'clock'), SOURCE]).then(() => undefined),
  )
  return join(folder, 'clock')
}

/** @param {string} line @returns {ClockTest | undefined} undefined: the line is the command's */
export function clockTestIn(line) {
  return line.startsWith(CLOCK_LINE) ? /** @type {ClockTest} */ (parseJson(line.slice(CLOCK_LINE.length))) : undefined
}

/** @param {ClockTest} test */
export const clockWords = ({ plainMs, memsetPerByte, readPerByte, startMs, sleepsMs, ok }) =>
  `${ok ? 'the clock counts instructions' : "the clock doesn't count instructions"}: 10⁸ of them in ${plainMs} ms, ` +
  `${memsetPerByte} a byte of memset, ${readPerByte} a byte of read; a program starts and ends in ${startMs} ms; ` +
  `100 sleeps of 1 ms take ${sleepsMs} ms`
