/** Threads of each lane in the addon (native/core/thread_pool.h, native/glue/environment.cc). FakeHost uses the same numbers. */
export const laneLimits = { read: 8, file: 4, search: 2, write: 128, mapper: 64, socket: 1024, device: 1024 } as const
export type Lane = keyof typeof laneLimits

/** Abandoned calls of a lane that may wait in the kernel without occupying a place. Further ones keep their places. */
export const PARKED_LIMIT = 64
/** Lanes whose calls only wait for a descriptor. An abandoned call is closed at once. */
export const polledLanes: ReadonlySet<Lane> = new Set<Lane>(['socket', 'device'])
