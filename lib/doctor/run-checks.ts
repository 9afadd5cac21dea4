/** Runs checks side by side, each with its time limit. */
import type { DoctorAnswer, DoctorCheck, DoctorReport } from '../api/doctor.js'
import { Window } from '../core/deadline.js'
import { isBrickworkError } from '../core/errors.js'
import { until } from '../core/signal.js'
import { type CheckContext, type Fact, type Finding, type HostCheck, unknown } from '../operation/host-check.js'

const WORST_FIRST: readonly DoctorAnswer[] = ['problem', 'warning', 'unknown', 'note', 'ok']
const LONGEST_VALUE = 300

export interface RunOptions extends Omit<CheckContext, 'once' | 'signal'> {
  readonly signal: AbortSignal
  /** Time limit of each check. */
  readonly timeoutMs: number
  /** Time limit of a login, which takes longer. */
  readonly loginTimeoutMs: number
}

/** @throws the signal's reason when the caller aborts. */
export async function runChecks(checks: readonly HostCheck[], options: RunOptions): Promise<DoctorReport> {
  options.signal.throwIfAborted()
  const asked = { deep: options.deep, connection: options.connection !== undefined, login: options.tryPaths !== undefined }
  const wanted = checks.filter(({ only }) => only === undefined || asked[only])
  using facts = new Window(options.host.clock, options.timeoutMs, options.signal, 'a check of the host')
  const once = onceFor(options, facts.signal)
  const results = await Promise.all(wanted.map((check) => runCheck(check, { ...options, once })))
  options.signal.throwIfAborted()
  return { answer: worstOf(results), checks: results }
}

async function runCheck(check: HostCheck, options: RunOptions & Pick<CheckContext, 'once'>): Promise<DoctorCheck> {
  const limitMs = check.only === 'login' ? options.loginTimeoutMs : options.timeoutMs
  using window = new Window(options.host.clock, limitMs, options.signal, check.id)
  const { id, group, title } = check
  const finding = await until(found(check, { ...options, signal: window.signal }), window.signal).catch(whyUnknown)
  return {
    id,
    group,
    title,
    ...finding,
    evidence: finding.evidence.map(({ source, value }) => ({ source, value: shortened(value) })),
  }
}
/** A check may throw before its first wait. */
async function found(check: HostCheck, context: CheckContext): Promise<Finding> {
  return await check.run(context)
}

/** A check that fails finds out nothing, whatever made it fail. */
function whyUnknown(error: unknown): Finding {
  if (isBrickworkError(error, 'ERR_TIMEOUT')) return unknown(error.message)
  if (isBrickworkError(error, 'ERR_PERMISSION')) return unknown(`It may not be read by this process: ${error.message}`)
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return unknown(`It could not be checked: ${first}`)
}

function onceFor(options: RunOptions, signal: AbortSignal): CheckContext['once'] {
  const known = new Map<Fact<unknown>, Promise<unknown>>()
  const once = <T>(fact: Fact<T>): Promise<T> => {
    const before = known.get(fact)
    if (before !== undefined) return before as Promise<T>
    const reading = fact({ ...options, signal, once })
    // Each check that needs the fact handles its failure.
    reading.catch(() => undefined)
    known.set(fact, reading)
    return reading
  }
  return once
}

function worstOf(results: readonly DoctorCheck[]): DoctorAnswer {
  return WORST_FIRST.find((each) => results.some(({ answer }) => answer === each)) ?? 'ok'
}
function shortened(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE)}…`
}
