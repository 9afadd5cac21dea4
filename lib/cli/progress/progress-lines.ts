/** Running operations in lines for people. */
import type { StepName } from '../../index.js'
import { formatDuration } from '../duration.js'
import { tonedColumns } from '../text/layout.js'
import { indented, type Line, type Span, toned } from '../text/toned.js'
import type { OperationProgress, PathProgress } from './progress-state.js'
import { stepWords } from './step-words.js'

/** How many paths the caller wants. */
export type Wanted = number | 'all'

/**
 *     attach of vol-1: 2 of 3 paths up, 3.4 s
 *       192.0.2.10:3260  up
 *       192.0.2.11:3260  failed: ERR_TARGET_UNREACHABLE
 *       192.0.2.12:3260  login                           3.1 s
 *       waiting for the target to accept the login
 */
export function progressLines(progress: OperationProgress, nowMs: number, wanted: Wanted): Line[] {
  const rows = [...progress.paths].map(([path, state]) => pathRow(path, state, nowMs))
  const awaited = waitingFor(progress)
  return [
    [toned('heading', titleOf(progress)), `: ${[...upOf(progress, wanted), elapsed(progress.sinceMs, nowMs)].join(', ')}`],
    ...tonedColumns(rows).map((line) => indented('  ', line)),
    ...(awaited === undefined ? [] : [`  waiting for ${awaited.words}`]),
  ]
}

/** The same in one line: `attach of vol-1: 1 of 2 paths up after 10.0 s; waiting for the target to accept the login (192.0.2.11:3260)` */
export function progressLine(progress: OperationProgress, nowMs: number, wanted: Wanted): string {
  const [up = 'it runs'] = upOf(progress, wanted)
  const awaited = waitingFor(progress)
  const words = awaited === undefined ? '' : `; waiting for ${awaited.words}${awaited.path === undefined ? '' : ` (${awaited.path})`}`
  return `${titleOf(progress)}: ${up} after ${elapsed(progress.sinceMs, nowMs)}${words}`
}

function titleOf({ operation, id }: OperationProgress): string {
  return id === '' ? operation : `${operation} of ${id}`
}
function upOf({ paths }: OperationProgress, wanted: Wanted): string[] {
  if (paths.size === 0) return []
  const up = [...paths.values()].filter(({ state }) => state === 'up').length
  return [wanted === 'all' || wanted >= paths.size ? `${up} of ${paths.size} paths up` : `${up} of ${wanted} wanted paths up`]
}
function pathRow(path: string, { step, state, sinceMs, outcome }: PathProgress, nowMs: number): Span[] {
  if (state === 'up') return [path, toned('good', 'up'), '']
  if (state === 'running') return [path, step, elapsed(sinceMs, nowMs)]
  return [path, outcome === 'ERR_ABORTED' ? 'cancelled' : toned('bad', `failed: ${outcome ?? 'unexpected'}`), '']
}
/** What the operation itself waits for; else what that path waits for that has been in its step for the longest time. */
function waitingFor({ steps, paths }: OperationProgress): { readonly words: string; readonly path?: string } | undefined {
  const own: StepName | undefined = [...steps.keys()].at(-1)
  if (own !== undefined) return { words: stepWords(own) }
  const [longest] = [...paths].filter(([, { state }]) => state === 'running').sort(([, a], [, b]) => a.sinceMs - b.sinceMs)
  return longest === undefined ? undefined : { words: stepWords(longest[1].step), path: longest[0] }
}
function elapsed(sinceMs: number, nowMs: number): string {
  return formatDuration(Math.max(0, nowMs - sinceMs))
}
