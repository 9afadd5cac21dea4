import type { ErrorCode } from '../error-codes.js'
import type { CommonDetails } from './common.js'
import type { HostErrorDetails } from './host.js'
import type { VolumeErrorDetails } from './volume.js'

/** `details` of a `BrickworkError`, by its code. `docs/errors.md` has them in a table. */
export type ErrorDetails = VolumeErrorDetails & HostErrorDetails
/** Details with which an error of this code is made. */
export type GivenDetails<C extends ErrorCode> = ErrorDetails[C] & CommonDetails
/** Type of the details of a code. Later versions may add fields. */
export type DetailsOf<C extends ErrorCode> = GivenDetails<C> & Readonly<Record<string, unknown>>
