/** Compares the observations of two parties in one situation: the differences, and whether they are declared. */
import { isDeepStrictEqual } from 'node:util'
import { added, type HostSeen, minus } from './look.js'
import { BEFORE, type Observation } from './player.js'

export interface Difference {
  readonly what: string
  readonly osBrick: string
  readonly brickwork: string
  readonly reason: string
}
export interface Comparison {
  readonly differences: readonly Difference[]
  /** The reasons for which the situation fails. */
  readonly problems: readonly string[]
}

/** @param reasons why they may differ, by what is observed */
export function compare(
  osBrick: readonly Observation[],
  brickwork: readonly Observation[],
  reasons: Readonly<Record<string, string>>,
): Comparison {
  const problems: string[] = []
  const differences: Difference[] = []
  const find = (observations: readonly Observation[], what: string) => observations.find((each) => each.what === what)
  for (const what of new Set([...osBrick, ...brickwork].map((each) => each.what))) {
    const [theirs, ours] = [find(osBrick, what), find(brickwork, what)]
    if (ours?.over === true)
      for (const [kind, list] of leftBy(brickwork, ours)) {
        const more = minus(list, leftBy(osBrick, theirs).get(kind) ?? [])
        if (more.length > 0) problems.push(`${what}: Brickwork leaves ${kind} that os-brick does not: ${more.join(', ')}`)
      }
    const reason = reasons[what]
    const equal = isDeepStrictEqual(theirs?.value, ours?.value)
    if (equal && reason !== undefined) problems.push(`${what}: declared to differ, and does not`)
    if (equal) continue
    const [first, second] = shown(theirs, ours)
    if (reason === undefined) problems.push(`${what}: os-brick ${first}, Brickwork ${second}`)
    differences.push({ what, osBrick: first, brickwork: second, reason: reason ?? '?' })
  }
  for (const what of Object.keys(reasons))
    if (![...osBrick, ...brickwork].some((each) => each.what === what)) problems.push(`${what}: declared to differ, and never observed`)
  return { differences, problems }
}

function leftBy(observations: readonly Observation[], after: Observation | undefined): ReadonlyMap<string, readonly string[]> {
  const before = observations.find(({ what }) => what === BEFORE)
  if (before === undefined || after === undefined) return new Map()
  return new Map(Object.entries(added(before.value as HostSeen, after.value as HostSeen)))
}

/** For objects, shows only the different parts. */
function shown(theirs: Observation | undefined, ours: Observation | undefined): [string, string] {
  const [a, b] = [theirs?.value, ours?.value]
  if (!isObject(a) || !isObject(b)) return [text(theirs), text(ours)]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !isDeepStrictEqual(a[key], b[key]))
  const part = (of: Readonly<Record<string, unknown>>) => keys.map((key) => `${key}: ${words(of[key])}`).join('; ')
  return [part(a), part(b)]
}
function text(observation: Observation | undefined): string {
  if (observation === undefined) return 'nothing'
  return observation.said === undefined ? words(observation.value) : `${words(observation.value)} (${observation.said})`
}
function words(value: unknown): string {
  if (value === undefined) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  return Object.entries(value)
    .map(([key, each]) => `${key}: ${words(each)}`)
    .join('; ')
}
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
