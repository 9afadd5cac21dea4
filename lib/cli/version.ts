import { VERSION } from '../core/version.js'

/** The version of this package. */
export const version = (): string => VERSION
