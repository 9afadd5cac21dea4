/** The committed states: the files that schema 1 wrote, and the host that they describe. */
import type { FakeHostOptions, PortalState } from '../../../lib/testing/index.js'

export interface HostState {
  readonly name: string
  /** Name of its stage in `stages.ts`, which has the requests to the library. */
  readonly stage: string
  /** The origin of the state, in words. */
  readonly about: string
  readonly bootId: string
  /** The time of the host in this state. */
  readonly wallMs: number
  readonly options: FakeHostOptions
  readonly storage: StorageFacts
  /** The events on the host, in order. They explain every number that the kernel assigned. */
  readonly history: readonly HostEvent[]
  readonly facts: HostFacts
  /** Logins that iscsid was still trying. */
  readonly pendingLogins: readonly PendingLogin[]
  /** Scans that the kernel had not ended. */
  readonly pendingScans?: readonly { readonly hctl: string; readonly sinceWallMs: number }[]
  /** The host before the library did anything. */
  readonly before: HostFacts
}

export interface StorageFacts {
  readonly volumes: readonly {
    readonly name: string
    readonly serial: string
    readonly sizeMb: number
    readonly content: 'blank' | 'ext4'
  }[]
  readonly targets: readonly TargetFacts[]
  /** Portals that are not open. */
  readonly portals: Readonly<Record<string, PortalState>>
  /** Names that the host's resolver knows, with their addresses. */
  readonly hostNames: Readonly<Record<string, readonly string[]>>
  /** Disks that the host has without any transport, by name, with their volumes. */
  readonly localDisks: Readonly<Record<string, string>>
}
export interface TargetFacts {
  readonly iqn: string
  readonly portals: readonly string[]
  readonly luns: Readonly<Record<number, string>>
  readonly chap?: { readonly username: string; readonly secret: string }
}

export type HostEvent =
  | { readonly event: 'login'; readonly session: number; readonly iqn: string; readonly portal: string }
  | { readonly event: 'logout'; readonly session: number }
  | { readonly event: 'add-disk'; readonly hctl: string }
  | { readonly event: 'remove-disk'; readonly hctl: string }
  /** `multipath -a` */
  | { readonly event: 'add-wwid'; readonly wwid: string }
  | {
      readonly event: 'add-map'
      readonly uuid: string
      readonly name: string
      /** `ioctl`: by the library, or by an administrator with dmsetup. */
      readonly createdBy: 'multipathd' | 'ioctl'
      readonly paths: readonly string[]
    }
  | { readonly event: 'remove-map'; readonly uuid: string }

export interface HostFacts {
  readonly sessions: readonly SessionFacts[]
  readonly disks: readonly DiskFacts[]
  readonly maps: readonly MapFacts[]
  /** Texts of the files of the library, of open-iscsi and of multipath-tools, by path. */
  readonly files: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, string>>
  /** Some of udev's properties of each block device, by its name. */
  readonly udev: Readonly<Record<string, string>>
  /** `sda MAP` of each path that multipathd knows; `null` when it does not run. */
  readonly multipathd: readonly string[] | null
  readonly iscsid: boolean
}
export interface SessionFacts {
  readonly id: number
  readonly host: number
  readonly iqn: string
  readonly portal: string
  readonly iface: string
  readonly state: string
  readonly recoveryTmo: string
}
export interface DiskFacts {
  readonly hctl: string
  readonly session: number
  readonly name: string
  readonly device: string
  readonly diskseq: string
  readonly wwid: string
  readonly state: string
}
export interface MapFacts {
  readonly device: string
  readonly name: string
  readonly uuid: string
  readonly diskseq: string
  readonly paths: readonly string[]
}
export interface PendingLogin {
  readonly iqn: string
  readonly portal: string
  readonly sinceWallMs: number
}

/** States of one stage in one file. Common parts are written once. */
export interface StateGroup {
  readonly common: Omit<HostState, 'name' | 'about' | 'wallMs' | 'history' | 'facts' | 'pendingLogins'>
  readonly texts: readonly string[]
  readonly states: readonly GroupedState[]
}
export interface GroupedState extends Pick<HostState, 'about' | 'wallMs' | 'history' | 'pendingLogins'> {
  /** How many other crash points leave the same files and the same host. */
  readonly alike: number
  /** Each file has the index of its text in {@link StateGroup.texts}. */
  readonly facts: Omit<HostFacts, 'files'> & { readonly files: Readonly<Record<string, number>> }
}
