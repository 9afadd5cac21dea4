/** Waits until a path takes I/O in an existing map. multipathd adds it by itself, or is asked to. */
import { Window } from '../core/deadline.js'
import { BrickworkError } from '../core/errors.js'
import { askedMultipathd } from '../linux/multipath/daemon.js'
import { mapOfUuid } from '../linux/multipath/map.js'
import { readPathDevices } from '../linux/multipath/path-devices.js'
import { parseMapStatus } from '../linux/multipath/status.js'
import { whenSeen } from '../linux/wait.js'
import type { HostObject } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'

/** multipathd adds a new path when udev has processed it, within a second. */
const BY_ITSELF_MS = 3000
/** multipathd checks a path that failed after at most max_polling_interval, by default 20 s (multipath.conf(5)). */
const JOIN_MS = 25_000

export interface PathOfMap {
  readonly name: string
  /** Whether the kernel sends I/O to it. */
  readonly active: boolean
}
/** The paths of the map. Empty if there is no such map. */
export async function pathsOfMap({ host, signal }: Operation, uuid: string): Promise<readonly PathOfMap[]> {
  const map = await mapOfUuid(host, uuid, signal)
  const status = map === undefined ? undefined : await host.kernel.deviceMapper({ uuid, command: 'status' }, signal)
  const states = parseMapStatus(status?.targets[0]?.parameters ?? '')?.paths ?? []
  const devices = await readPathDevices(host, map?.slaves ?? [], signal)
  return devices.map(({ name, device }) => ({ name, active: states.some((each) => each.device === device && each.active) }))
}

/** @throws `ERR_MULTIPATH_NOT_FORMED` when the path does not take I/O in time. No command is sent to the map of another program. */
export async function joinMap(
  operation: Operation,
  { uuid, origin }: { readonly uuid: string; readonly origin: HostObject['origin'] },
  disk: string,
): Promise<void> {
  const { host, signal } = operation
  const map = await mapOfUuid(host, uuid, signal)
  using watch = await host.events.watch([disk, `uuid:${uuid}`, ...(map === undefined ? [] : [map.block.name])])
  const states = async () => (await pathsOfMap(operation, uuid)).find(({ name }) => name === disk)
  const joined = async (ms: number, isThere: (path: PathOfMap | undefined) => boolean): Promise<boolean> => {
    using window = new Window(host.clock, ms, signal, `path ${disk} in its map`)
    try {
      return await whenSeen(watch, window.signal, async () => (isThere(await states()) ? true : undefined))
    } catch (error) {
      signal.throwIfAborted()
      if (!window.signal.aborted) throw error
      return false
    }
  }
  const isIn = await joined(BY_ITSELF_MS, (path) => path !== undefined)
  if (!isIn && origin !== 'found') await askedMultipathd(host, `add path ${disk}`, signal)
  if (await joined(isIn || origin !== 'found' ? JOIN_MS : 0, (path) => path?.active === true)) return
  const there = await states()
  const why =
    there === undefined ? 'multipathd has not added it to the map' : 'multipathd has not put it into service: its checker reports no path'
  throw new BrickworkError('ERR_MULTIPATH_NOT_FORMED', `/dev/${disk} takes no I/O: ${why}`)
}
