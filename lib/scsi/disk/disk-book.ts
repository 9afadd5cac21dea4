import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { HostObject } from '../../operation/entry.js'
import type { Changes } from '../../operation/entry-writer.js'
import type { Operation } from '../../operation/operation.js'
import type { Nexus } from '../transport.js'
import { diskObject, lunLock } from './objects.js'

/**
 * What the claim says of one LUN while it is scanned: `intended` before the scan, `created` after it. On a nexus that nobody else can use
 * yet, pending work stands for the scan that follows it, and the first write has nexus and disk.
 */
export class DiskBook {
  readonly #operation: Operation
  readonly #nexus: Nexus
  readonly #lun: bigint
  #created: Changes | undefined
  #intends = false

  constructor(operation: Operation, nexus: Nexus, lun: bigint, created: Changes | undefined) {
    this.#operation = operation
    this.#nexus = nexus
    this.#lun = lun
    this.#created = created
  }
  /** Runs while no other operation scans, reads or deletes this LUN. */
  async alone<T>(run: () => Promise<T>): Promise<T> {
    if (this.#created === undefined) return await this.#operation.locked(lunLock(this.#nexus.key, this.#lun), run)
    try {
      return await run()
    } finally {
      // Given up, or there is no such LUN. A scan that has begun may still bring its disk.
      await this.#writeRest(this.#intends ? diskObject(this.#nexus.key, this.#lun, undefined, 'intended') : undefined)
    }
  }
  /** Whether the intention needs no write of its own: pending work stands for the scan. */
  get isIntended(): boolean {
    return this.#created !== undefined
  }
  /** Before the scan. */
  async intend(): Promise<void> {
    const { claim } = this.#operation
    const about = diskObject(this.#nexus.key, this.#lun, undefined, 'intended')
    this.#intends = true
    if (this.#created === undefined) await claim.own(about)
    claim.requireRecorded(this.#created?.resolved ?? about.key)
  }
  /** The scan has shown no disk, or did not begin. */
  async absent(): Promise<void> {
    this.#intends = false
    if (this.#created === undefined) await this.#operation.claim.disown(diskObject(this.#nexus.key, this.#lun, undefined, 'intended').key)
  }
  /** `fresh`: the own scan has created the disk. */
  async found(disk: ScsiDisk, fresh: boolean): Promise<void> {
    const about = diskObject(this.#nexus.key, this.#lun, disk, 'found')
    const isInherited = this.#nexus.inherited?.includes(this.#lun) === true
    const origin = fresh || isInherited ? 'created' : await this.#operation.claim.originOf(about.key)
    await this.#write({ ...about, origin }, fresh && (await this.#mayWait(disk)))
  }

  /**
   * Whether the record may wait for those of other paths that come up: pending work stands for the disk, nobody else claims its WWID, and
   * the attach needs further paths anyway.
   */
  async #mayWait({ kernelWwid }: ScsiDisk): Promise<boolean> {
    const { claim, claims, policy } = this.#operation
    const { owner, id, pending } = claim.entry
    const needsMore = policy.paths.min === 'all' || policy.paths.graceMs > 0
    if (this.#created === undefined || !needsMore || pending.every(({ key }) => key === this.#created?.resolved)) return false
    if (kernelWwid === undefined) return true
    return (await claims.about(kernelWwid)).every((each) => each.owner === owner && each.id === id)
  }

  async #writeRest(disk: HostObject | undefined): Promise<void> {
    if (this.#created !== undefined) await this.#write(disk)
  }
  async #write(disk: HostObject | undefined, isPatient = false): Promise<void> {
    const { own = [], begun = [], ...rest } = this.#created ?? {}
    this.#created = undefined
    const isBegun = disk !== undefined && this.#intends
    const all = disk === undefined ? own : [...own, disk]
    await this.#operation.claim.record({ ...rest, own: all, begun: isBegun ? [...begun, disk.key] : begun }, isPatient)
  }
}
