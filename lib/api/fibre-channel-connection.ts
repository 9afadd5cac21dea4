/** The connection of a volume over Fibre Channel. */
import type { CommonConnection } from './common-connection.js'
import type { LunAddressing } from './lun-addressing.js'

/** Connection of a volume over Fibre Channel, FCoE included. */
export interface FibreChannelConnection extends CommonConnection {
  /** The protocol. */
  readonly protocol: 'fibre-channel'
  /** The target ports. Each one is a path from each port of this host that reaches it. A repeated entry counts once. */
  readonly targets: readonly FibreChannelTarget[]
  /**
   * Which ports of this host take part, and to which target ports: names of target ports by the port name of this host's port. A port of
   * this host that is not named takes no part. Default: every port that is online, without virtual ports (NPIV), to every target port.
   */
  readonly initiators?: Readonly<Record<string, readonly string[]>> | undefined
  /**
   * How the array presents LUN numbers.
   * @default 'SAM'
   */
  readonly addressing?: LunAddressing | undefined
}
/** One LUN at one target port. */
export interface FibreChannelTarget {
  /**
   * World-wide name of the target port, not of its node: 16 hexadecimal digits, in either case, with or without `0x`, colons or hyphens.
   */
  readonly wwpn: string
  /**
   * LUN of the volume: 0 … 2^64 − 1, as a decimal string beyond 2^53. Or the eight bytes of SAM as `0x` and 16 hexadecimal digits;
   * `addressing` does not apply to these.
   */
  readonly lun: number | string
}
