/** The output for people while scenarios run. */
import type { Played } from './play.js'
import type { Outcome } from './scenario.js'

export const duration = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

export function line({ ok, name, phase, ms }: Pick<Outcome, 'ok' | 'name' | 'phase' | 'ms'>, title: string): string {
  const label = phase === 'run' ? name : `${name} (after the reboot)`
  return `${ok ? 'ok  ' : 'FAIL'} ${label.padEnd(22)} ${duration(ms).padStart(8)}  ${title}`
}

/** Everything that is known about a failure. */
export function account({ outcome, timeline }: Played, diagnosis: string): string {
  return [
    outcome.failure ?? '',
    '--- noted',
    ...outcome.noted.map(({ what, value }) => `${what}: ${JSON.stringify(value)}`),
    '--- left on the host',
    JSON.stringify(outcome.leftovers),
    '--- journals',
    JSON.stringify(outcome.journal, null, 1),
    '--- what the library said',
    timeline.text(),
    diagnosis,
  ]
    .join('\n')
    .replaceAll(/^/gm, '     ')
}

export function summary(outcomes: readonly Outcome[]): string {
  const passed = outcomes.filter(({ ok }) => ok).length
  return `${passed} passed, ${outcomes.length - passed} failed`
}
