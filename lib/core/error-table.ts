/** What each error code means for a caller: the one source for the library, the command line and `docs/errors.md`. */
import type { ErrorCode, ErrorCodeInfo } from './error-codes.js'
import { hostErrors } from './error-details/host-meanings.js'
import { volumeErrors } from './error-details/volume-meanings.js'

/** Meaning and handling of all error codes. */
export const errorTable: Readonly<Record<ErrorCode, ErrorCodeInfo>> = { ...volumeErrors, ...hostErrors }
