import type { Network } from './network.js'
import type { Volume } from './volume.js'

/** What the targets of every transport share. */
export interface StorageSide {
  readonly network: Network
  volumeNamed(name: string): Volume
  /** Reports a change of a target, a LUN or a portal. */
  changed(): void
}
