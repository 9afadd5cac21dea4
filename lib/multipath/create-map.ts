/** `assemble: 'direct'`: the map is made as soon as the kernel has its paths, and multipathd takes it over afterwards. */
import type { Operation } from '../operation/operation.js'
import { isBrickworkError } from '../core/errors.js'
import { mapOfWwid, mapUuid } from '../linux/multipath/map.js'
import { readTablePaths, tableParameters } from '../linux/multipath/table.js'
import { ownKnownVolume } from './known-volume.js'
import { MAP, mapLock } from './objects.js'
import type { BlockDevice } from '../linux/block/device.js'

const SECTOR_BYTES = 512

/**
 * Pauses between tries: a disk has a node some milliseconds before it can be opened (block/genhd.c, device_add_disk), and each try that fails
 * makes events itself.
 */
const TRY_MS = [10, 20, 40, 80, 160, 320] as const

/** include/uapi/linux/dm-ioctl.h: DM_UUID_LEN without its NUL. A name, which is shorter by one byte, is the uuid without `mpath-`. */
const MOST_UUID_BYTES = 128
/** drivers/md/dm-ioctl.c, check_name: what has a slash can't be a node below /dev/mapper. */
function nameable(wwid: string): boolean {
  return !wwid.includes('/') && Buffer.byteLength(mapUuid(wwid)) <= MOST_UUID_BYTES
}
const NO_NAME = 'device-mapper takes no such name'
const REFUSED = 'device-mapper refuses the map (EINVAL)'

/** Makes the map of a volume; whoever makes one first, the caller looks at what is there then. */
export class MapCreator {
  readonly #operation: Operation
  #known: Promise<string | undefined> | undefined
  #attempts = 0
  #dueAt: number | undefined
  /** With the paths that were proven then: multipathd adds the others, whenever it comes to it. */
  made = false

  constructor(operation: Operation) {
    this.#operation = operation
    this.#dueAt = operation.policy.assemble === 'direct' ? 0 : undefined
  }
  /** As soon as it is known which volume it will be: the other paths are on their way meanwhile. */
  prepare(wwid: string): void {
    if (this.#dueAt === undefined || this.#known !== undefined) return
    this.#known = nameable(wwid) ? ownKnownVolume(this.#operation, wwid) : Promise.resolve(NO_NAME)
    this.#known.catch(() => undefined) // thrown where it is waited for
  }
  /** When it is to be tried; `undefined` when the map is multipathd's to make. */
  get dueAt(): number | undefined {
    return this.#dueAt
  }
  get isDue(): boolean {
    return this.#dueAt !== undefined && this.#operation.host.clock.now() >= this.#dueAt
  }
  /**
   * Answers whether there is something to look at.
   * @param paths the verified paths of this volume, asked again in the moment in which the map is made
   */
  async tryToMake(paths: () => readonly BlockDevice[], wwid: string): Promise<boolean> {
    const { host } = this.#operation
    this.prepare(wwid)
    const done = (await this.#known) === undefined && (await this.#make(paths, wwid))
    const objection = await this.#known
    const pause = done || objection !== undefined ? undefined : TRY_MS[this.#attempts++]
    this.#dueAt = pause === undefined ? undefined : host.clock.now() + pause
    if (!done && pause === undefined)
      this.#operation.progress.note('the map could not be made directly: multipathd is waited for', {
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
      // One that has gone since, or was found to be another volume, must not be in it.
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
      await operation.claim.disown(object.key) // if there is a map now, another program made it
      return (await mapOfWwid(host, wwid, signal)) !== undefined
    })
  }
}
