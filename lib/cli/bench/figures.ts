/** The figures of all rounds together. */
import type { StepTiming } from '../../index.js'
import type { BenchDocument, BenchPhase, BenchStep } from '../documents.js'
import type { Phase, Round } from './rounds.js'

export interface Plan {
  readonly volumes: number
  readonly rounds: number
  readonly atOnce: number
}

export function reportOf(rounds: readonly Round[], plan: Plan): BenchDocument {
  return {
    ...plan,
    attach: together(rounds.map(({ attach }) => attach)),
    detach: together(rounds.map(({ detach }) => detach)),
    degraded: Math.max(0, ...rounds.map(({ degraded }) => degraded)),
    eachRound: rounds.map(({ attach, detach, degraded }) => ({ attach: timesOf(attach), detach: timesOf(detach), degraded })),
  }
}

/** The middle value, or the mean of both middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = 0, high = low] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return (low + high) / 2
}

function timesOf({ endsMs }: Phase) {
  return { firstMs: rounded(Math.min(...endsMs)), medianMs: rounded(median(endsMs)), lastMs: rounded(Math.max(...endsMs)) }
}
function together(phases: readonly Phase[]): BenchPhase {
  const times = phases.map(timesOf)
  const programs = phases.flatMap((phase) => phase.programs)
  return {
    firstMs: rounded(median(times.map(({ firstMs }) => firstMs))),
    medianMs: rounded(median(times.map(({ medianMs }) => medianMs))),
    lastMs: rounded(median(times.map(({ lastMs }) => lastMs))),
    steps: stepsOf(phases.flatMap(({ timings }) => timings)),
    programs: [...new Set(programs)].sort().map((name) => ({ name, count: programs.filter((each) => each === name).length })),
    processorMs: rounded(median(phases.map(({ processorMs }) => processorMs))),
  }
}
function stepsOf(timings: readonly StepTiming[]): BenchStep[] {
  const begins = new Map<StepTiming['step'], { readonly ms: number[]; startMs: number }>()
  for (const { step, ms, startMs } of timings) {
    const known = begins.get(step)
    if (known === undefined) begins.set(step, { ms: [ms], startMs })
    else {
      known.ms.push(ms)
      known.startMs = Math.min(known.startMs, startMs)
    }
  }
  return [...begins]
    .sort(([, a], [, b]) => a.startMs - b.startMs)
    .map(([step, { ms }]) => ({ step, count: ms.length, medianMs: rounded(median(ms)), longestMs: rounded(Math.max(...ms)) }))
}
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
