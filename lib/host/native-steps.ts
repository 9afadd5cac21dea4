/** The steps of the addon's `runJob`, and its report. Paths are real paths of this process. */
import type { EncodedGuard, EncodedPlan } from './encoded.js'

export interface NativeExpectation {
  readonly path: readonly string[]
  readonly attribute: string | undefined
  readonly among: readonly string[]
  /** Instead of `among`, if there are any. */
  readonly firstByte: Uint8Array
  readonly absent: boolean
}
/** Empty fields stand for any. */
export interface NativeUeventMatch {
  readonly component: string
  readonly subsystem?: string
  readonly action?: string
}
interface NativeTreeStep {
  readonly root: string
  readonly plan: EncodedPlan
}
/** The steps of native/core/job_steps.h, which says what ends a list. */
export type NativeStep =
  | {
      readonly do: 'connect'
      readonly address: string
      readonly port: number
      readonly timeoutMs: number
      readonly netns: string | undefined
    }
  | { readonly do: 'flock'; readonly path: string; readonly note: Uint8Array | undefined }
  | { readonly do: 'replace'; readonly path: string; readonly temporary: string; readonly data: Uint8Array; readonly mode: number }
  | {
      readonly do: 'changeRecord'
      readonly lockDirectory: string
      readonly path: string | undefined
      readonly data: Uint8Array | undefined
      /** How long one try occupies a thread. */
      readonly sliceMs: number
      readonly timeoutMs: number
    }
  | {
      readonly do: 'exchange'
      readonly socket: string
      readonly bytes: Uint8Array
      readonly timeoutMs: number
      readonly netns: string | undefined
    }
  | {
      readonly do: 'write'
      readonly key: string
      readonly directory: string
      readonly guards: readonly EncodedGuard[]
      readonly attribute: string
      readonly value: Uint8Array
    }
  | ({ readonly do: 'readTree' } & NativeTreeStep)
  | ({
      readonly do: 'awaitTree'
      readonly uevents: readonly NativeUeventMatch[]
      readonly until: readonly NativeExpectation[]
      readonly timeoutMs: number
    } & NativeTreeStep)
  | { readonly do: 'readChanged'; readonly directory: string; readonly suffix: string; readonly state: Uint8Array }
  | { readonly do: 'readFiles'; readonly paths: readonly string[] }
  | { readonly do: 'check'; readonly step: number; readonly expectation: NativeExpectation }
export interface NativeJobReport {
  /** In order: for `connect` an errno, for reads and `exchange` bytes, for `flock`, `changeRecord` and `check` whether it is so. */
  readonly answers: readonly unknown[]
  /** The step that failed, whose answer ended the list, or at which it was abandoned. Missing: every step is done. */
  readonly stoppedAt?: number
  readonly begun?: boolean
  readonly error?: Error
}
