import { tracingChannel } from 'node:diagnostics_channel'
import type { StepTrace } from '../../../../lib/index.js'

/** What is used of `Tracer` and `Span` of @opentelemetry/api. */
interface Tracer {
  startSpan(name: string, options: { attributes: Record<string, string> }): Span
}
interface Span {
  setStatus(status: { code: number; message?: string }): unknown
  end(): void
}
const ERROR = 2 // SpanStatusCode.ERROR

/** A span for each operation and for each of its steps. */
export function traceOperations(tracer: Tracer): void {
  const spans = new WeakMap<object, Span>()
  for (const name of ['attach', 'detach', 'resize', 'forget', 'recover', 'step']) {
    tracingChannel(`brickwork:${name}`).subscribe({
      start: (context) => {
        const { owner, id, step = '', path = '' } = context as Partial<StepTrace> & { owner: string; id: string }
        const attributes = { 'brickwork.owner': owner, 'brickwork.attachment': id, 'brickwork.path': path }
        spans.set(context, tracer.startSpan(`brickwork ${step === '' ? name : step}`, { attributes }))
      },
      error: (context) => spans.get(context)?.setStatus({ code: ERROR, message: String(context.error) }),
      asyncEnd: (context) => spans.get(context)?.end(),
      end: () => undefined,
      asyncStart: () => undefined,
    })
  }
}
