/** Rescans each path by itself, then resizes the map when all paths agree. */
import type { Resized } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { capacityBytes, readCapacity } from '../../linux/scsi/capacity.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { rescanDisk } from '../../linux/scsi/tell-disk.js'
import type { ResizedLayer } from '../../api/attacher.js'
import { locateVolume } from './locate.js'
import type { Transport } from '../transport.js'
import { DISK } from '../disk/objects.js'
import { maybe } from '../../operation/object-data.js'
import { resizeMap } from './resize-map.js'
import { reverifyVolume } from './reverify.js'
import { diskOf, isSameDisk } from '../disk/disk-of.js'

/** A healthy path answers within milliseconds. */
const ANSWER_MS = 6000

interface Path {
  readonly object: HostObject
  readonly name: string
  readonly disk: ScsiDisk | undefined
  /** The size that the device itself reports; `undefined` when it does not answer. */
  readonly bytesNow: number | undefined
}

export async function resizeVolume(
  operation: Operation,
  transport: Transport,
  entry: Entry,
  wantedBytes: number | undefined,
): Promise<Resized> {
  const attached = await operation.progress.step('find', () => locateVolume(operation, transport, entry))
  if (attached === undefined)
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${entry.result?.device ?? 'The device'} is gone or has changed`)
  await operation.progress.step('verify', () => reverifyVolume(operation, transport, attached, undefined))
  const { device, multipath } = attached
  const objects = entry.objects.filter(({ kind }) => kind === DISK)
  const paths = await operation.progress.step('read-capacity', () => askAll(operation, transport, objects, device.sizeBytes))
  const { size, layers } = await operation.progress.step('rescan', () => rescanAll(operation, transport, paths, wantedBytes))
  if (multipath === undefined) return { device: `/dev/${device.name}`, beforeBytes: device.sizeBytes, sizeBytes: size, layers }
  const map = await operation.progress.step('resize-map', () => resizeMap(operation, { uuid: multipath.uuid, block: device }, size, layers))
  const mapLayer: ResizedLayer = { device: `/dev/${device.name}`, beforeBytes: device.sizeBytes, afterBytes: map.block.sizeBytes }
  return { device: `/dev/${device.name}`, beforeBytes: device.sizeBytes, sizeBytes: size, layers: [...layers, mapLayer] }
}

/** @throws `ERR_UNSUPPORTED` when a path has become smaller. */
async function askAll(operation: Operation, transport: Transport, objects: readonly HostObject[], beforeBytes: number): Promise<Path[]> {
  const paths = await Promise.all(objects.map((object) => ask(operation, transport, object)))
  for (const { name, bytesNow } of paths) if (bytesNow !== undefined && bytesNow < beforeBytes) throw shrunk(name, beforeBytes, bytesNow)
  return paths
}
/** @throws `ERR_RESIZE_NOT_CONVERGED` when a path does not answer, or the paths have different sizes or another one than `wantedBytes`. */
async function rescanAll(operation: Operation, transport: Transport, paths: readonly Path[], wantedBytes: number | undefined) {
  const layers = await Promise.all(paths.map((path) => rescan(operation, transport, path)))
  const [size, ...others] = new Set(layers.map(({ afterBytes }) => afterBytes))
  if (size === undefined || size === null || others.length > 0 || (wantedBytes !== undefined && size !== wantedBytes))
    throw notConverged(layers, wantedBytes)
  return { size, layers }
}

async function ask(operation: Operation, transport: Transport, object: HostObject): Promise<Path> {
  const { host, signal } = operation
  const disk = await diskOf(operation, transport, object)
  const name = disk?.block?.name ?? maybe(object.data, 'name') ?? object.key
  if (disk?.sg === undefined || disk.state !== 'running' || !isSameDisk(transport, object, disk))
    return { object, name, disk: undefined, bytesNow: undefined }
  const capacity = await readCapacity(host, disk.sg, signal)
  return { object, name, disk, bytesNow: capacityBytes(capacity) }
}

/** Doesn't rescan a path that is down: the kernel would wait for it. */
async function rescan(operation: Operation, transport: Transport, { object, name, disk, bytesNow }: Path): Promise<ResizedLayer> {
  const { host, signal } = operation
  const beforeBytes = disk?.block?.sizeBytes ?? null
  const layer = (afterBytes: number | null): ResizedLayer => ({ device: `/dev/${name}`, beforeBytes, afterBytes })
  if (disk === undefined || bytesNow === undefined) return layer(null)
  if (bytesNow === beforeBytes) return layer(beforeBytes)
  const { directory, kernelWwid, block } = disk
  let told = false
  using window = new Window(host.clock, ANSWER_MS, signal, `rescan of /dev/${name}`)
  try {
    told = (await rescanDisk(host, { directory, name, kernelWwid, diskseq: block?.diskseq }, window.signal)).outcome === 'written'
  } catch (error) {
    signal.throwIfAborted()
    if (!isBrickworkError(error) || !window.signal.aborted) throw error
    return layer(null)
  }
  const after = await diskOf(operation, transport, object)
  // The kernel reads the identity again together with the size.
  if (after !== undefined && !isSameDisk(transport, object, after))
    throw becameAnother(name, maybe(object.data, 'kernelWwid'), after.kernelWwid)
  // A disk that was not rescanned has its old size, or another disk has taken its place.
  return layer(told ? (after?.block?.sizeBytes ?? null) : null)
}

function becameAnother(name: string, before: string | undefined, found: string | undefined): BrickworkError {
  return new BrickworkError(
    'ERR_IDENTITY_MISMATCH',
    `/dev/${name} shows ${found ?? 'no WWID'} now, and ${before ?? 'none'} before: its LUN was given to another volume during the resize`,
    { details: { device: `/dev/${name}`, found, before, stale: true } },
  )
}
function shrunk(name: string, before: number, now: number): BrickworkError {
  return new BrickworkError(
    'ERR_UNSUPPORTED',
    `/dev/${name} has shrunk from ${before} to ${now} bytes: data would be lost. Nothing was changed`,
    { details: { device: `/dev/${name}`, beforeBytes: before, sizeBytes: now } },
  )
}
function notConverged(layers: readonly ResizedLayer[], wantedBytes: number | undefined): BrickworkError {
  const said = layers.map(({ device, afterBytes }) => `${device} ${afterBytes === null ? 'does not answer' : `has ${afterBytes} bytes`}`)
  const wanted = wantedBytes === undefined ? '' : `; expected ${wantedBytes} bytes`
  return new BrickworkError('ERR_RESIZE_NOT_CONVERGED', `Not all paths show the new size: ${said.join(', ')}${wanted}`, {
    details: { layers, ...(wantedBytes === undefined ? {} : { wantedBytes }) },
  })
}
