/** Channels of `node:diagnostics_channel` (`tracingChannel`) for whoever wants to see what takes its time. Without a subscriber nothing is computed. */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'

/** On `brickwork:attach`, `brickwork:detach`, `brickwork:resize` and `brickwork:recover`. */
export interface OperationTrace {
  readonly owner: string
  /** Empty where a recovery takes away what belongs to no attachment. */
  readonly id: string
}
/** On `brickwork:step`. */
export interface StepTrace extends OperationTrace {
  readonly step: string
  /** The path, where a step belongs to one. */
  readonly path?: string
}
/** On `brickwork:command`: a program that was run. No argument is a secret. */
export interface CommandTrace {
  readonly argv: readonly string[]
}
/** On `brickwork:kernel`: a call of the native part. */
export interface KernelTrace {
  /** `readTree`, `write`, `scsi`, `connect` … */
  readonly call: string
  /** What it is about: a directory of sysfs, a device, an address. */
  readonly subject: string
}
export interface Traces {
  readonly attach: OperationTrace
  readonly detach: OperationTrace
  readonly resize: OperationTrace
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
  recover: channel('recover'),
  step: channel('step'),
  command: channel('command'),
  kernel: channel('kernel'),
}

/** Runs it; subscribers are told of its beginning and its end, with what {@link Traces} says of it. */
export function traced<N extends TraceName, T>(name: N, what: () => Traces[N], run: () => Promise<T>): Promise<T> {
  const { start, end, asyncStart, asyncEnd, error } = traceChannels[name]
  const heard = [start, end, asyncStart, asyncEnd, error].some((each) => each.hasSubscribers)
  return heard ? traceChannels[name].tracePromise(run, { ...what() }) : run()
}
