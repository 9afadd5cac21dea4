/** Everything a user may import, and nothing else. */
export { type AttacherOptions, createAttacher } from './attacher.js'
export { fromCinder, toCinderDeviceInfo } from './connection/cinder.js'
export type * from './connection/types.js'
export { type Attempt, BrickworkError, type ErrorCode, errorCodes, isBrickworkError, type SideEffects } from './core/errors.js'
export type { Host, Log } from './core/host.js'
export { Secret } from './core/secret.js'
export { createHost } from './host/create-host.js'
export type * from './types.js'
