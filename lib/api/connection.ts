import type { Secret } from '../core/secret.js'

/** How to reach a volume: plain data, told apart by `protocol`. */
export type Connection = IscsiConnection | LocalConnection

/** What a connection of each protocol may say. */
export interface CommonConnection {
  /** `ro`: the volume is only read, as {@link Policy.access} `'ro'` says it too. Default: as the policy says. It makes no other connection of it. */
  readonly access?: 'rw' | 'ro'
}
export interface IscsiConnection extends CommonConnection {
  readonly protocol: 'iscsi'
  /** One entry for each path to the volume; with `discovery`, one for each target is enough. An entry that comes again counts once. */
  readonly targets: readonly IscsiTarget[]
  /**
   * The portal that is asked, at each attach, at which portals the targets of this connection are (SendTargets). What it answers of these
   * is added to the portals that `targets` names; other targets that it shows are left alone. An attach over a single path that has all its
   * portals already doesn't ask. `auth` is the CHAP of the discovery itself; without it open-iscsi's own settings count.
   */
  readonly discovery?: { readonly portal: string; readonly auth?: Chap }
  readonly auth?: SessionAuth
  /** Name of an open-iscsi iface that the host has, or several: each portal is then a way for each of them. Default `default`. */
  readonly iface?: string | readonly string[]
  /**
   * How the array presents LUN numbers. `SAM`, `transparent`: as they are (default). `SAM2`: below 256 as they are, above that in flat space
   * addressing, which goes up to 16,383. `SAM3-flat`: all in flat space addressing.
   */
  readonly addressing?: LunAddressing
}
/** How an array presents LUN numbers (SAM-5, 4.7). */
export type LunAddressing = 'SAM' | 'transparent' | 'SAM2' | 'SAM3-flat'
export interface IscsiTarget {
  /**
   * `192.0.2.1:3260`, `[2001:db8::1]:3260` or `storage.example:3260`. A name is looked up once, at the attach, as the host does it; each of
   * its addresses is a path to the volume. Only with `discovery` it may be left out: all portals that the target is found at. An empty text beside
   * other portals is a path that is missing: the attachment is `degraded`.
   */
  readonly portal?: string
  readonly iqn: string
  /**
   * 0 … 2^64 − 1; a decimal string beyond 2^53. Or the eight bytes of SAM as `0x` and 16 hexadecimal digits, the first level first
   * (`0x012c000000000000`, as in `/dev/disk/by-path`), to which `addressing` doesn't apply.
   */
  readonly lun: number | string
}
export interface Chap {
  readonly username: string
  readonly secret: Secret | string
}

/** CHAP of sessions; with `target`, mutual CHAP: the target must show that it knows its own secret. */
export interface SessionAuth extends Chap {
  readonly target?: Chap
}

/** The credentials of a connection whose protocol has any. */
export type ConnectionAuth = NonNullable<IscsiConnection['auth']>

/** A block device that the host has already. */
export interface LocalConnection extends CommonConnection {
  readonly protocol: 'local'
  /** Absolute path of the node or of a link to it. */
  readonly path: string
}
