/** With `assemble: 'direct'` Brickwork creates the map as soon as the kernel has its paths. multipathd takes it over afterwards. */
import type { Operation } from '../operation/operation.js'
import { isBrickworkError } from '../core/errors.js'
import { mapOfWwid, mapUuid } from '../linux/multipath/map.js'
import { readTablePaths, tableParameters } from '../linux/multipath/table.js'
import { ownKnownVolume } from './known-volume.js'
import { MAP, mapLock } from './objects.js'
import type { BlockDevice } from '../linux/block/device.js'

const SECTOR_BYTES = 512

/**
 * Pauses between attempts. A disk has a node some milliseconds before it can be opened (block/genhd.c, device_add_disk). Each failed
 * attempt causes events itself.
 */
const TRY_MS = [10, 20, 40, 80, 160, 320] as const

/**
 * include/uapi/linux/dm-ioctl.h: DM_UUID_LEN without its NUL. The limit of a name is one byte lower; the name is the uuid without `mpath-`.
 */
const MOST_UUID_BYTES = 128
/** drivers/md/dm-ioctl.c, check_name: a name with a slash is refused, since it can't be a node below /dev/mapper. */
function nameable(wwid: string): boolean {
  return !wwid.includes('/') && Buffer.byteLength(mapUuid(wwid)) <= MOST_UUID_BYTES
}
const NO_NAME = 'device-mapper does not accept this name'
const REFUSED = 'device-mapper refuses the map (EINVAL)'

/** Creates the map of a volume. Another program may create it first, so the caller queries the host afterwards. */
export class MapCreator {
  readonly #operation: Operation
  #known: Promise<string | undefined> | undefined
  #attempts = 0
  #dueAt: number | undefined
  /** Whether this object created the map. The map has the paths that were verified by then; multipathd adds the others later. */
  made = false

  constructor(operation: Operation) {
    this.#operation = operation
    this.#dueAt = operation.policy.assemble === 'direct' ? 0 : undefined
  }
  /** Makes the volume known to multipath-tools as soon as its WWID is known, while other paths still connect. */
  prepare(wwid: string): void {
    if (this.#dueAt === undefined || this.#known !== undefined) return
    this.#known = nameable(wwid) ? ownKnownVolume(this.#operation, wwid) : Promise.resolve(NO_NAME)
    this.#known.catch(() => undefined) // tryToMake() throws it
  }
  /** When to try next, on the host's clock; `undefined` when the map is left to multipathd. */
  get dueAt(): number | undefined {
    return this.#dueAt
  }
  get isDue(): boolean {
    return this.#dueAt !== undefined && this.#operation.host.clock.now() >= this.#dueAt
  }
  /**
   * @param paths returns the verified paths of this volume; called again immediately before the map is created.
   * @returns whether a map exists now.
   */
  async tryToMake(paths: () => readonly BlockDevice[], wwid: string): Promise<boolean> {
    const { host } = this.#operation
    this.prepare(wwid)
    const done = (await this.#known) === undefined && (await this.#make(paths, wwid))
    const objection = await this.#known
    const pause = done || objection !== undefined ? undefined : TRY_MS[this.#attempts++]
    this.#dueAt = pause === undefined ? undefined : host.clock.now() + pause
    if (!done && pause === undefined)
      this.#operation.progress.mention('the map could not be created directly; waiting for multipathd', {
        wwid,
        reason: objection ?? 'a path is in use',
      })
    return done
  }
  async #make(current: () => readonly BlockDevice[], wwid: string): Promise<boolean> {
    const operation = this.#operation
    const { host, signal } = operation
    const uuid = mapUuid(wwid)
    return await operation.locked(mapLock(uuid), async () => {
      if ((await mapOfWwid(host, wwid, signal)) !== undefined) return true
      const paths = current()
      const [first] = paths
      if (first === undefined || paths.some(({ sizeBytes }) => sizeBytes !== first.sizeBytes)) return false
      const names = paths.map(({ name }) => name)
      const parts = await readTablePaths(host, names, signal)
      if (parts.length < names.length) return false
      const object = { kind: MAP, key: `map ${uuid}`, origin: 'created', data: { uuid, name: wwid, device: '' } } as const
      await operation.claim.own(object, true)
      // A path that is gone since, or turned out to be of another volume, must not be in the map.
      if (paths.some((path) => !current().includes(path))) {
        await operation.claim.disown(object.key)
        return false
      }
      const map = {
        name: wwid,
        uuid,
        sectors: first.sizeBytes / SECTOR_BYTES,
        readOnly: paths.every(({ readOnly }) => readOnly),
        parameters: tableParameters(parts),
      }
      operation.claim.requireRecorded(object.key)
      const outcome = await host.kernel.createMap(map, signal).catch((error: unknown) => {
        if (!isBrickworkError(error, 'ERR_KERNEL') || error.details['errno'] !== 'EINVAL') throw error
        return 'refused' as const
      })
      if (outcome === 'refused') this.#known = Promise.resolve(REFUSED)
      this.made = outcome === 'created'
      if (this.made) return true
      await operation.claim.disown(object.key) // if a map exists now, another program created it
      return (await mapOfWwid(host, wwid, signal)) !== undefined
    })
  }
}
