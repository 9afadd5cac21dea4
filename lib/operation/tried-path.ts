/** The outcome of trying the paths of a connection, without the rest of an attach. */
import type { BrickworkError } from '../core/errors.js'

export interface TriedPath {
  readonly path: string
  /** `was up`: another attach or program had connected it before, and it was left alone. */
  readonly outcome: 'connected' | 'was up' | BrickworkError
}
export interface TriedPaths {
  readonly paths: readonly TriedPath[]
  /** What could not be removed again, in words. `recover()` continues it. */
  readonly remaining: string | undefined
}
