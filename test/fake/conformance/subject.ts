/** What a connector says of itself, so that one suite can be played with it. */
import type { Connection } from '../../../lib/index.js'
import type { FakeHostOptions } from '../../../lib/testing/index.js'
import type { FakeWorld } from '../../world/fake/world.js'

/** Why a clause says nothing about a connector: docs/evidence/conformance.md has no other reasons. */
export const REASONS = {
  'one-device': 'the connection names one device of the host, so there are no paths and no map of them',
  'no-scsi-disk': 'the device is no SCSI disk, so it has no node of sg or bsg',
  'size-by-driver': 'the driver of the device announces a new size by itself: nothing is asked',
} as const
export type Reason = keyof typeof REASONS

export interface Subject<W extends FakeWorld = FakeWorld> {
  /** Its protocol, with what is special about it. */
  readonly name: string
  createWorld(options: FakeHostOptions): Promise<W>
  /** Puts two volumes within reach; `data` of 64 MiB holds ext4. */
  prepare(world: W): Promise<{ readonly data: Connection; readonly other: Connection }>
  /** What the machine itself does after each boot, where its models do not. */
  booted?(world: W): void
  /** Steps that the timeline of an attach over a single path names, in order. */
  readonly steps: readonly string[]
  /** Takes the device of `data` away from under the library. */
  lose(world: W): Promise<void>
  /** How many objects of each kind the host has more for each path that is attached. */
  readonly creates: { readonly sessions: number; readonly records: number; readonly disks: number }
  /** The kernel finds the disks by itself: they are on the host before an attach, which adopts them. */
  readonly disksAppear: boolean
  /** Two paths to `data`; absent for a connector of one device. */
  readonly paths?: SubjectPaths<W>
  /** By the reason, titles of the clauses that it excuses. */
  readonly notApplicable: Partial<Readonly<Record<Reason, readonly string[]>>>
}
export interface SubjectPaths<W extends FakeWorld> {
  /** As `Attachment.paths` labels them. */
  readonly labels: readonly [string, string]
  readonly connection: Connection
  setUp(world: W, label: string, up: boolean): Promise<void>
}
