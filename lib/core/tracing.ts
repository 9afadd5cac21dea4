/** Tracing channels (`node:diagnostics_channel`, `tracingChannel`) that show what takes time. Without a subscriber they compute nothing. */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import type { StepName } from './step-name.js'

/** Message on the channels `brickwork:attach`, `brickwork:detach`, `brickwork:resize`, `brickwork:heal`, `brickwork:forget` and `brickwork:recover`: an operation. */
export interface OperationTrace {
  /** Owner of the attachment. */
  readonly owner: string
  /** Id of the attachment; empty if a recovery removes objects that belong to no attachment. */
  readonly id: string
}
/** Message on the channel `brickwork:step`: a step of an operation. */
export interface StepTrace extends OperationTrace {
  /** Name of the step. */
  readonly step: StepName
  /** Path that the step belongs to, if it belongs to one. */
  readonly path?: string
}
/** Message on the channel `brickwork:command`: a program of the host. */
export interface CommandTrace {
  /** The command line. No argument is a secret. */
  readonly argv: readonly string[]
}
/** Message on the channel `brickwork:kernel`: a call of the native part. */
export interface KernelTrace {
  /** The call: `readTree`, `write`, `scsi`, `connect`, … */
  readonly call: string
  /** Its object: a directory of sysfs, a device, an address. */
  readonly subject: string
}
export interface Traces {
  readonly attach: OperationTrace
  readonly detach: OperationTrace
  readonly resize: OperationTrace
  readonly heal: OperationTrace
  readonly forget: OperationTrace
  readonly recover: OperationTrace
  readonly step: StepTrace
  readonly command: CommandTrace
  readonly kernel: KernelTrace
}
export type TraceName = keyof Traces

type Channel = TracingChannel<unknown, object>
const channel = (name: TraceName): Channel => tracingChannel(`brickwork:${name}`)
export const traceChannels: Readonly<Record<TraceName, Channel>> = {
  attach: channel('attach'),
  detach: channel('detach'),
  resize: channel('resize'),
  heal: channel('heal'),
  forget: channel('forget'),
  recover: channel('recover'),
  step: channel('step'),
  command: channel('command'),
  kernel: channel('kernel'),
}

/** Whether somebody subscribes to the channel now. */
export function isTraced(name: TraceName): boolean {
  const { start, end, asyncStart, asyncEnd, error } = traceChannels[name]
  return start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers
}

/** Runs the work. Publishes its start and its end with the message of {@link Traces}. */
export function traced<N extends TraceName, T>(name: N, what: () => Traces[N], run: () => Promise<T>): Promise<T> {
  return isTraced(name) ? traceChannels[name].tracePromise(run, { ...what() }) : run()
}
