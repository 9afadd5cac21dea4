export interface Call {
  /** Ends the call sooner: what was made is undone, then the call rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal
  /** The call answers by then, half a second more at most. Default 60,000. */
  readonly timeoutMs?: number
}
export interface StepTiming {
  readonly step: string
  readonly startMs: number
  readonly ms: number
  readonly path?: string
}
