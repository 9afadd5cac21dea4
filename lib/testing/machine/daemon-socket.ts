import type { DaemonRequest } from '../../core/host.js'

/** The socket at which a daemon answers requests. */
export interface DaemonSocket {
  /** How its answers end. */
  readonly reply: DaemonRequest['reply']
  /** Answers one request, or fails as the real call fails when no daemon answers. */
  exchange(bytes: Uint8Array): Promise<Uint8Array>
}
/** By the name of the abstract socket. */
export type DaemonSockets = ReadonlyMap<string, DaemonSocket>
