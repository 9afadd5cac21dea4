import type { BenchDocument, BenchPhase } from '../documents.js'
import { formatDuration } from '../duration.js'
import { tonedColumns } from './layout.js'
import { indented, type Line, toned } from './toned.js'

/**
 *     8 volumes, 3 rounds, at most 8 at once
 *              first   median  last
 *       attach  310 ms  1.2 s   2.4 s
 *       detach  90 ms   300 ms  0.9 s
 */
export function benchLines(report: BenchDocument): Line[] {
  const { volumes, rounds, atOnce, attach, detach, degraded } = report
  const head = (...words: readonly string[]) => words.map((word) => toned('heading', word))
  const row = (name: string, { firstMs, medianMs, lastMs }: BenchPhase) => [name, ...[firstMs, medianMs, lastMs].map(formatDuration)]
  return [
    `${counted(volumes, 'volume')}, ${counted(rounds, 'round')}, at most ${atOnce} at once. Medians of the rounds, from the begin of each:`,
    ...table([['', ...head('first', 'median', 'last volume')], row('attach', attach), row('detach', detach)]),
    ...(degraded === 0
      ? []
      : [[toned('warning', 'degraded'), `: in a round, ${counted(degraded, 'volume')} had fewer paths than the file names`]]),
    ...phaseLines('attach', attach, report),
    ...phaseLines('detach', detach, report),
  ]
}

function phaseLines(name: string, { steps, programs, processorMs }: BenchPhase, { volumes, rounds }: BenchDocument): Line[] {
  const rows = steps.map(({ step, count, medianMs, longestMs }) => [
    step,
    String(count),
    formatDuration(medianMs),
    formatDuration(longestMs),
  ])
  const started = programs.map((program) => `${program.name} ${perVolume(program.count / volumes / rounds)}`).join(', ')
  return [
    '',
    [toned('heading', `Steps of ${name}`)],
    ...table([['step', 'count', 'median', 'longest'].map((word) => toned('heading', word)), ...rows]),
    `  programs for each volume: ${started === '' ? 'none' : started}`,
    `  processor time of brickwork for each volume: ${(processorMs / volumes).toFixed(1)} ms`,
  ]
}
function table(rows: Parameters<typeof tonedColumns>[0]): Line[] {
  return tonedColumns(rows).map((line) => indented('  ', line))
}
function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
function perVolume(count: number): string {
  return String(Math.round(count * 100) / 100)
}
