import type { Attacher } from '../../../../lib/index.js'

/** What is used of `Counter` and `Histogram` of prom-client. */
interface Counter {
  inc(labels: Record<string, string>): void
}
interface Histogram {
  observe(labels: Record<string, string>, seconds: number): void
}

/** Counts operations and measures steps until the attacher closes. */
export async function countOperations(attacher: Attacher, operations: Counter, steps: Histogram): Promise<void> {
  for await (const event of attacher.events()) {
    if (event.type === 'operation:end') operations.inc({ operation: event.operation, outcome: event.outcome })
    if (event.type === 'step:end') steps.observe({ step: event.step, outcome: event.outcome }, event.ms / 1000)
  }
}
