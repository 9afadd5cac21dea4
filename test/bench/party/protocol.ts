/** What the harness says to a party of a storm, and what the party reports: one line each, in JSON or a single word. */
import type { StepTiming } from '../../../lib/index.js'
import type { Row, StormVolume } from '../row.js'
import type { Delay } from './loop.js'

/** What the next `go` attaches, and the next `detach` detaches. */
export interface Task {
  readonly volumes: readonly StormVolume[]
  readonly row: Row
  /** Measures the delay of the event loop. Its timer costs instructions. */
  readonly loop?: boolean
  /** The file for a profile of the attach, for the developer tools of a browser. */
  readonly profile?: string | undefined
}
/** Times are milliseconds after `go`. */
export interface Report {
  /** When each volume was there, in any order. */
  readonly volumes: readonly number[]
  readonly story?: Story
  readonly loop?: Delay
}
/** The steps of each volume. */
export type Story = readonly { readonly id: string; readonly steps: readonly StepTiming[] }[]
/** What a process that starts for one attach says when it is done. */
export interface FreshReport {
  /** Processor time of the import of the package, in microseconds. */
  readonly importUs: number
}
