/** The properties of a connector, by which one suite can test all of them. */
import type { Connection } from '../../../lib/index.js'
import type { FakeHostOptions } from '../../../lib/testing/index.js'
import type { FakeWorld } from '../../world/fake/world.js'

/** Reasons why a clause is not applicable to a connector. docs/evidence/conformance.md has no other reasons. */
export const REASONS = {
  'one-device': 'the connection names one device of the host, so there are no paths and no map of them',
  'kernel-paths': 'the kernel combines the paths of a volume by itself, so there is no map of them',
  'no-scsi-disk': 'the device is no SCSI disk, so it has no node of sg or bsg',
  'size-by-driver': 'the driver of the device announces a new size by itself: nothing is asked',
} as const
export type Reason = keyof typeof REASONS

export interface Subject<W extends FakeWorld = FakeWorld> {
  /** Its protocol, and its variant. */
  readonly name: string
  createWorld(options: FakeHostOptions): Promise<W>
  /** Makes two volumes reachable. `data`, of 64 MiB, holds ext4. */
  prepare(world: W): Promise<{ readonly data: Connection; readonly other: Connection }>
  /** What a real machine does after each boot and the fake machine's models do not. */
  booted?(world: W): void
  /** Steps in the timeline of an attach over a single path, in order. */
  readonly steps: readonly string[]
  /** Removes the device of `data` behind the library's back. */
  lose(world: W): Promise<void>
  /** The number of objects of each kind that each attached path adds to the host. */
  readonly creates: { readonly sessions: number; readonly records: number; readonly disks: number }
  /** The kernel finds the disks by itself: they exist before an attach, which adopts them. */
  readonly disksAppear: boolean
  /** Two paths to `data`; absent for a connector of one device. */
  readonly paths?: SubjectPaths<W>
  /** Titles of clauses that are not applicable, by reason. */
  readonly notApplicable: Partial<Readonly<Record<Reason, readonly string[]>>>
}
export interface SubjectPaths<W extends FakeWorld> {
  /** The labels in `Attachment.paths`. */
  readonly labels: readonly [string, string]
  readonly connection: Connection
  setUp(world: W, label: string, up: boolean): Promise<void>
}
