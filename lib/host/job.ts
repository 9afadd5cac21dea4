/** `Kernel.runJob` over the addon: encodes the steps, starts what they need, and decodes how far they came. */
import { BrickworkError } from '../core/errors.js'
import type { Events, JobResult, JobStep, JobStop, Kernel } from '../core/host.js'
import { requireTrees } from '../core/job.js'
import { onAbort } from '../core/signal.js'
import { decodeAnswer, errorOf } from './job-answers.js'
import { encodeStep, type StepParts } from './job-steps.js'
import type { Addon } from './native.js'
import type { NativeJobReport, NativeStep } from './native-steps.js'

export interface JobParts extends StepParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Pick<Addon, 'runJob' | 'abandon'>
  /** A watch keeps the listener open, from which steps that await a tree get their uevents. */
  readonly events: Pick<Events, 'watch'> | undefined
}

export function createJobs(parts: JobParts): Kernel['runJob'] {
  return async <const Steps extends readonly JobStep[]>(steps: Steps, signal: AbortSignal): Promise<JobResult<Steps>> => {
    requireTrees(steps)
    const addon = parts.addon()
    const encoded = await Promise.all(steps.map((step) => encodeStep(parts, step)))
    const listening = steps.some((step) => step.do === 'awaitTree') ? await parts.events?.watch([]) : undefined
    try {
      if (signal.aborted) return { answers: none(), stopped: { at: 0, begun: false, error: signal.reason as Error } }
      return decodeReport(steps, await reportOf(addon, encoded, signal), signal)
    } finally {
      listening?.[Symbol.dispose]()
    }
  }
}
/** At an abort the addon reports at once how far the job came. */
async function reportOf(addon: ReturnType<JobParts['addon']>, steps: readonly NativeStep[], signal: AbortSignal): Promise<NativeJobReport> {
  const running = addon.runJob(steps)
  const link = onAbort(signal, () => addon.abandon(running))
  try {
    return await running
  } finally {
    link[Symbol.dispose]()
  }
}
const none = <Steps extends readonly JobStep[]>(): JobResult<Steps>['answers'] => [] as unknown as JobResult<Steps>['answers']

function decodeReport<Steps extends readonly JobStep[]>(
  steps: Steps,
  { answers, stoppedAt, begun = false, error }: NativeJobReport,
  signal: AbortSignal,
): JobResult<Steps> {
  const decoded = answers.map((answer, place) => decodeAnswer(at(steps, place), answer)) as unknown as JobResult<Steps>['answers']
  return { answers: decoded, stopped: stoppedAt === undefined ? undefined : stopAt(stoppedAt) }

  function stopAt(place: number): JobStop {
    if (error !== undefined) return { at: place, begun, error: errorOf(at(steps, place), error) }
    return { at: place, begun, error: answers.length > place ? undefined : (signal.reason as Error) }
  }
}
function at(steps: readonly JobStep[], place: number): JobStep {
  const step = steps[place]
  if (step === undefined) throw new BrickworkError('ERR_PARSE', `The addon's report is about step ${place} of ${steps.length}`)
  return step
}
