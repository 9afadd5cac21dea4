/** Limits of native calls. Their callers have earlier deadlines of their own. */
export const CONNECT_MS = 5_000
export const GREET_MS = 5_000
/** iscsid answers only when it has finished the login or given up. */
export const EXCHANGE_MS = 120_000
/** The time that open-iscsi itself waits for its lock. */
export const RECORD_LOCK_MS = 30_000
/** Each try waits for the lock only this long, so that nothing is written long after the caller has gone. */
export const RECORD_SLICE_MS = 200
