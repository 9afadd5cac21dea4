/**
 * Detached volumes of this boot. Until the array unmaps a volume, each login of a port and each scan of another program brings its disks
 * back. What is written here says that such a disk is one that its owner has detached.
 */
import { isBrickworkError } from '../../core/errors.js'
import { digest } from '../../operation/digest.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { diskObject, DISK } from '../../scsi/disk/objects.js'
import type { SurveyedPair } from './nexus.js'

interface Tombstone {
  readonly owner: string
  readonly boot: string
  readonly id: string
  /** Keys of its disks, and the WWID that all of them showed. */
  readonly disks: readonly string[]
  readonly wwid: string
  /** Milliseconds since 1970. */
  readonly untilMs: number
}
/** After this time a disk that is there is one that somebody wants: the array has unmapped all others. */
const LASTS_MS = 600_000

const directoryOf = ({ runDir }: Operation) => `${runDir}/fibre-channel`

/** Before the disks of an attachment are removed: a process that dies in between leaves no disk that nobody knows. */
export async function bury(operation: Operation, pairs: readonly string[]): Promise<void> {
  const { host, claim } = operation
  const { owner, boot, id, connection, objects } = claim.entry
  const own = objects.filter(({ kind, origin }) => kind === DISK && (origin === 'created' || origin === 'adopted'))
  const wwid = own.map(({ data }) => data['kernelWwid']).find((each) => typeof each === 'string')
  if (connection.protocol !== 'fibre-channel' || typeof wwid !== 'string') return
  const disks = [...new Set([...own.map(({ key }) => key), ...pairs])]
  const tombstone: Tombstone = { owner, boot, id, disks, wwid, untilMs: host.clock.wallMs() + LASTS_MS }
  await host.files.makeDirectory(directoryOf(operation), 0o700)
  await host.files.replace(`${directoryOf(operation)}/${digest(`${owner} ${id}`)}.json`, JSON.stringify(tombstone), 0o600)
  for (const { file, isOver } of await readAll(operation)) if (isOver) await host.files.remove(file)
}

/** Those of this owner that still say something. */
export async function tombstonesOf(operation: Operation): Promise<readonly Tombstone[]> {
  const { owner } = operation.claim.entry
  return (await readAll(operation)).flatMap(({ tombstone, isOver }) => (isOver || tombstone?.owner !== owner ? [] : [tombstone]))
}
/** The disks of a detached volume that have come back. */
export interface Ghost {
  readonly id: string
  readonly objects: readonly HostObject[]
  readonly names: readonly string[]
}
/** `claimed`: keys of objects that claims and journal name. */
export function ghostsAmong(pairs: readonly SurveyedPair[], tombstones: readonly Tombstone[], claimed: ReadonlySet<string>): Ghost[] {
  return tombstones.flatMap(({ id, disks, wwid }): Ghost[] => {
    const seen = pairs.flatMap(({ nexus, disks: there }) =>
      there
        .filter(({ kernelWwid }) => kernelWwid === wwid)
        .map((disk) => ({ disk, object: diskObject(nexus.key, disk.lun, disk, 'adopted') }))
        .filter(({ object: { key } }) => disks.includes(key) && !claimed.has(key)),
    )
    const names = seen.map(({ disk }) => disk.block?.name ?? disk.hctl)
    return seen.length === 0 ? [] : [{ id, objects: seen.map(({ object }) => object), names }]
  })
}

interface Found {
  readonly file: string
  readonly tombstone: Tombstone | undefined
  /** Whether it says nothing any more. A file that can't be read says nothing. */
  readonly isOver: boolean
}
async function readAll(operation: Operation): Promise<Found[]> {
  const { host, claim } = operation
  const directory = directoryOf(operation)
  const names = (await host.files.list(directory)).filter((name) => name.endsWith('.json'))
  return await Promise.all(
    names.map(async (name): Promise<Found> => {
      const file = `${directory}/${name}`
      const tombstone = parse((await host.files.read(file).catch(unreadable)) ?? '')
      return { file, tombstone, isOver: tombstone?.boot !== claim.entry.boot || tombstone.untilMs < host.clock.wallMs() }
    }),
  )
}
function unreadable(error: unknown): undefined {
  if (!isBrickworkError(error)) throw error
}
function parse(text: string): Tombstone | undefined {
  try {
    const { owner, boot, id, disks, wwid, untilMs } = JSON.parse(text) as Partial<Tombstone>
    const isWhole = [owner, boot, id, wwid].every((each) => typeof each === 'string') && Array.isArray(disks) && typeof untilMs === 'number'
    return isWhole ? ({ owner, boot, id, disks, wwid, untilMs } as Tombstone) : undefined
  } catch {
    return undefined
  }
}
