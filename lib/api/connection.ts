import type { Secret } from '../core/secret.js'
import type { CommonConnection } from './common-connection.js'
import type { FibreChannelConnection } from './fibre-channel-connection.js'
import type { LunAddressing } from './lun-addressing.js'
import type { NvmeConnection, NvmeConnectionWithoutSecrets } from './nvme-connection.js'

export type { CommonConnection } from './common-connection.js'
export type { FibreChannelConnection, FibreChannelTarget } from './fibre-channel-connection.js'
export type { LunAddressing } from './lun-addressing.js'

/** How to reach a volume: plain data. `protocol` selects the type. */
export type Connection = IscsiConnection | NvmeConnection | FibreChannelConnection | LocalConnection

/** Connection of an iSCSI volume. */
export interface IscsiConnection extends CommonConnection {
  /** The protocol. */
  readonly protocol: 'iscsi'
  /** One entry for each path to the volume. With `discovery`, one entry for each target is enough. A repeated entry counts once. */
  readonly targets: readonly IscsiTarget[]
  /**
   * Asks a portal at each attach for further portals of these targets (SendTargets). They are added to the portals that `targets` names;
   * other targets in the answer are ignored. An attach over a single path that has all its portals already does not ask.
   */
  readonly discovery?:
    | {
        /** Portal that answers the discovery: `192.0.2.1:3260`. */
        readonly portal: string
        /** CHAP credentials of the discovery itself. Default: open-iscsi's own settings (`iscsid.conf`). */
        readonly auth?: Chap | undefined
      }
    | undefined
  /** CHAP credentials of the sessions. Default: the login offers no CHAP. */
  readonly auth?: SessionAuth | undefined
  /**
   * Names of open-iscsi ifaces that exist on the host. Each portal is then one path for each iface.
   * @default 'default'
   */
  readonly iface?: string | readonly string[] | undefined
  /**
   * How the array presents LUN numbers.
   * @default 'SAM'
   */
  readonly addressing?: LunAddressing | undefined
}
/** One target at one portal: a path to the volume. */
export interface IscsiTarget {
  /**
   * `192.0.2.1:3260`, `[2001:db8::1]:3260` or `storage.example:3260`. The host resolves a name once for each attach; each address is a path.
   * With `discovery` it may be left out: the discovery finds the portals. An empty string beside other portals is a missing path: the
   * attachment is `degraded`.
   */
  readonly portal?: string | undefined
  /** Name of the target: an `iqn.`, `eui.` or `naa.` name. */
  readonly iqn: string
  /**
   * LUN of the volume: 0 … 2^64 − 1, as a decimal string beyond 2^53. Or the eight bytes of SAM as `0x` and 16 hexadecimal digits, first
   * level first (`0x012c000000000000`, as in `/dev/disk/by-path`); `addressing` does not apply to these.
   */
  readonly lun: number | string
}
/** CHAP credentials. */
export interface Chap {
  /** User name: 1–255 bytes, no control characters. */
  readonly username: string
  /** Password: 1–255 bytes, no control characters. A {@link Secret} never shows in logs. */
  readonly secret: Secret | string
}

/** CHAP credentials of sessions. With `target` it is mutual CHAP. */
export interface SessionAuth extends Chap {
  /** Credentials with which the target must authenticate itself. Default: the target is not asked. */
  readonly target?: Chap | undefined
}

/** Credentials of a connection whose protocol has any. */
export type ConnectionAuth = NonNullable<IscsiConnection['auth']>

/** Connection of a block device that the host has already. Detach leaves the device on the host. */
export interface LocalConnection extends CommonConnection {
  /** The protocol. */
  readonly protocol: 'local'
  /** Absolute path of the node, or of a link to it, below `/dev`. */
  readonly path: string
}

/**
 * A connection as the journal has it, and as `inspect()` returns it: without secrets and without `access`, each value in one spelling. It is
 * enough to name an attachment for `detach()`, `inspect()` and `resize()`.
 */
export type ConnectionWithoutSecrets =
  | IscsiConnectionWithoutSecrets
  | NvmeConnectionWithoutSecrets
  | FibreChannelConnection
  | LocalConnection
/** Connection of an iSCSI volume without secrets. */
export interface IscsiConnectionWithoutSecrets extends Omit<IscsiConnection, 'targets' | 'discovery' | 'auth'> {
  /** As {@link IscsiConnection.targets}. `inspect()` returns each LUN as a string: decimal digits, or `0x` and 16 hexadecimal digits. */
  readonly targets: readonly IscsiTarget[]
  /** As {@link IscsiConnection.discovery}. */
  readonly discovery?: {
    /** Portal that answers the discovery. */
    readonly portal: string
    /** User of the discovery. */
    readonly auth?: ChapUser
  }
  /** User of the sessions. */
  readonly auth?: ChapUser
}
/** CHAP credentials without the secret. */
export interface ChapUser {
  /** User name. */
  readonly username: string
}
/** What names an attachment in a call: its id, or its connection, with or without secrets. */
export type AttachmentName =
  | string
  | {
      /** The connection of the attachment. */
      readonly connection: Connection | ConnectionWithoutSecrets
    }
