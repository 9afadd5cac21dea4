/**
 * The program in the guest of `npm run bench:storm`: plays rows, in which the parties take turns, and writes the results to a file after
 * each row.
 *
 * `node main.js --outcomes FILE [--rounds N] [--minutes N] [--party NAME [--profile FOLDER]] [--steps] [ROW…]`
 *
 * With `--minutes` a row ends with the last round that fits into that time of the machine. It has at least one round.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { requireGuest } from '../world/real/guest.js'
import { RealWorld } from '../world/real/world.js'
import { measure } from './measure.js'
import { programsIntoMemory } from './memory.js'
import type { Measured } from './result.js'
import { ROWS } from './row.js'
import { Stopwatch } from './stopwatch.js'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      outcomes: { type: 'string', default: '/out/storm.json' },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      party: { type: 'string' },
      profile: { type: 'string' },
      steps: { type: 'boolean', default: false },
    },
  })
  requireGuest()
  await programsIntoMemory()
  const silent = { debug: () => undefined, warn: () => undefined }
  const world = await RealWorld.start(silent, { notesCalls: false })
  const stopwatch = new Stopwatch()
  const measured: Measured[] = []
  for (const row of ROWS.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
    const { steps, profile, party } = values
    const rounds = Number(values.rounds ?? row.rounds)
    const longestMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes) * 60_000
    measured.push(await measure(world, stopwatch, row, { rounds, longestMs, party, steps, profile }))
    writeFileSync(values.outcomes, JSON.stringify(measured, null, 1))
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(2)
  },
)
