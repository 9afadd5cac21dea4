/**
 * How an array presents LUN numbers (SAM-5, 4.7).
 * - `SAM`, `transparent`: unchanged
 * - `SAM2`: below 256 unchanged, from 256 to 16,383 in flat space addressing
 * - `SAM3-flat`: all in flat space addressing, up to 16,383
 */
export type LunAddressing = 'SAM' | 'transparent' | 'SAM2' | 'SAM3-flat'
