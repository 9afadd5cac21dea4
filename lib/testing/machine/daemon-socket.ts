import type { DaemonRequest } from '../../core/host.js'

/** The socket at which a daemon answers requests. */
export interface DaemonSocket {
  /** How its answers end. */
  readonly reply: DaemonRequest['reply']
  /** Answers one request. Fails as the real call does when no daemon answers. */
  exchange(bytes: Uint8Array): Promise<Uint8Array>
}
/** The sockets by their abstract names. */
export type DaemonSockets = ReadonlyMap<string, DaemonSocket>
