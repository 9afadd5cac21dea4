/** Calls of an attacher as lines of JSON, between the calling process and the process with the attacher. */
import { BrickworkError, isBrickworkError, type OperationEvent, Secret } from '../../../lib/index.js'

/** To the process. */
export type Request =
  | { readonly id: number; readonly method: string; readonly args: readonly unknown[]; readonly aborted: boolean }
  | { readonly cancel: number }
  | { readonly dieAt: DeathPlace }
/** From the process. */
export type Reply =
  | { readonly ready: true }
  | { readonly event: OperationEvent }
  | { readonly id: number; readonly answer?: unknown; readonly failure?: Failure }
/** The process kills itself when it begins this step for the nth time from now on. */
export interface DeathPlace {
  readonly step: string
  readonly nth: number
}

export interface Failure {
  readonly message: string
  readonly stack?: string
  readonly code?: BrickworkError['code']
  readonly step?: NonNullable<BrickworkError['step']>
  readonly sideEffects?: BrickworkError['sideEffects']
  readonly retryable?: boolean
  readonly volume?: string
  readonly details?: BrickworkError['details']
  readonly attempts?: BrickworkError['attempts']
  readonly cause?: Failure
}

/** A copy with secrets as plain text, which JSON would otherwise hide. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal()
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each)]))
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) }
  const { message, stack, cause } = error
  const common = { message, ...(stack === undefined ? {} : { stack }), ...(cause === undefined ? {} : { cause: toFailure(cause) }) }
  if (!isBrickworkError(error)) return common
  const { code, step, sideEffects, retryable, volume, details, attempts } = error
  const optional = { ...(step === undefined ? {} : { step }), ...(volume === undefined ? {} : { volume }) }
  return { ...common, ...optional, code, sideEffects, retryable, details, attempts }
}
export function fromFailure(failure: Failure): Error {
  const { message, stack, code, cause, ...options } = failure
  const more = cause === undefined ? {} : { cause: fromFailure(cause) }
  const error = code === undefined ? new Error(message, more) : new BrickworkError(code, message, { ...options, ...more })
  if (stack !== undefined) error.stack = stack
  return error
}

/** Lines from chunks of text. */
export function lines(take: (line: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) if (line !== '') take(line)
  }
}
