import type { Secret } from '../core/secret.js'

/** How to reach a volume: plain data, told apart by `protocol`. */
export type Connection = IscsiConnection | LocalConnection

export interface IscsiConnection {
  readonly protocol: 'iscsi'
  /** One entry for each way to the volume. */
  readonly targets: readonly IscsiTarget[]
  readonly auth?: Chap & { readonly target?: Chap }
  /** Name of an open-iscsi iface; default `default`. */
  readonly iface?: string
  /** How LUN numbers are presented; default `SAM`. */
  readonly addressing?: 'SAM' | 'transparent' | 'SAM2' | 'SAM3-flat'
}
export interface IscsiTarget {
  /** `192.0.2.1:3260` or `[2001:db8::1]:3260` */
  readonly portal: string
  readonly iqn: string
  /** 0 … 2^64 − 1; a decimal string beyond 2^53. */
  readonly lun: number | string
}
export interface Chap {
  readonly username: string
  readonly secret: Secret | string
}

/** A block device that the host has already. */
export interface LocalConnection {
  readonly protocol: 'local'
  /** Absolute path of the node or of a link to it. */
  readonly path: string
}
