/** Lanes of the addon's threads (native/core/thread_pool.h, native/glue/environment.cc), with the same numbers: the fake host keeps to them too. */
export const laneLimits = { read: 8, file: 4, search: 2, write: 128, mapper: 64, socket: 1024, device: 1024 } as const
export type Lane = keyof typeof laneLimits

/** Abandoned calls of a lane that the kernel keeps, without a place; further ones keep theirs. */
export const PARKED_LIMIT = 64
/** Lanes of calls that only wait for a descriptor: an abandoned one is closed at once. */
export const polledLanes: ReadonlySet<Lane> = new Set<Lane>(['socket', 'device'])
