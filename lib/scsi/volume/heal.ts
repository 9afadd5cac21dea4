/** Brings up the paths that the connection of an attached volume names and its map lacks. Nothing that was there before is changed. */
import type { Connection } from '../../api/connection.js'
import type { HealedPath } from '../../api/heal.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { multipathdRuns } from '../../linux/multipath/daemon.js'
import { mapOfUuid, type MultipathMap } from '../../linux/multipath/map.js'
import { pathsOfMap } from '../../multipath/join-map.js'
import { MAP } from '../../multipath/objects.js'
import type { Healed } from '../../operation/connector.js'
import type { Entry } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import type { NamedPath, Transport } from '../transport.js'
import { forgetReplaced } from './forget-replaced.js'
import { bringBack, type Healing, isLive, takeBack } from './heal-path.js'
import { knownVolume, objectsThere } from './healed-volume.js'
import { locateVolume } from './locate.js'
import { isMapOfOneVolume } from './same-volume.js'
import type { VerifiedPath } from './verified-path.js'

/** All paths at once: none waits for another one. */
export async function healVolume(operation: Operation, transport: Transport, entry: Entry, recorded: Connection): Promise<Healed> {
  const { host, signal, progress } = operation
  const object = entry.objects.find(({ kind, origin }) => kind === MAP && origin !== 'intended')
  if (object === undefined) return await singlePath(operation, transport, entry)
  const { origin } = object
  const uuid = text(object.data, 'uuid')
  const map = await progress.step('find', () => mapOfUuid(host, uuid, signal))
  if (map === undefined) throw gone(entry)
  await transport.prepare?.(operation, recorded)
  const { connection, isComplete } = (await transport.withCredentials?.(operation, recorded)) ?? { connection: recorded, isComplete: true }
  const { paths, missing } = await (transport.resolveAgain ?? transport.resolve)(operation, recorded, 'all')
  const inMap = await pathsOfMap(operation, uuid)
  const live = await Promise.all(paths.map((path) => isLive(operation, transport, path, inMap)))
  const lacks = live.includes(undefined)
  if (lacks && !(await multipathdRuns(host))) throw noMultipathd(map)
  const known = lacks ? await knownVolume(operation, map, inMap, entry) : { members: [], volume: undefined, expected: {} }
  const before = await objectsThere(operation, transport)
  const healing: Healing = { operation: operation.branch(signal), transport, connection, isComplete, uuid, origin, before, ...known }
  const added = new Map<NamedPath, VerifiedPath>()
  const outcomes = await Promise.all(
    paths.map(async (path, index): Promise<HealedPath> => {
      const name = live[index]
      if (name !== undefined) return { path: path.label, action: 'already', device: `/dev/${name}` }
      try {
        const verified = await bringBack(healing, path)
        added.set(path, verified)
        return { path: path.label, action: 'added', device: `/dev/${verified.device.name}` }
      } catch (error) {
        return await failed(operation, healing, path, error)
      }
    }),
  )
  const stray = await conflictIn(operation, healing, [...added.values()])
  const healed = await Promise.all(
    paths.map(async (path, index) =>
      stray !== undefined && added.has(path) ? await failed(operation, healing, path, stray) : outcomes[index],
    ),
  )
  await forgetReplaced(operation, transport)
  const now = await locateVolume(operation, transport, operation.claim.entry)
  return {
    paths: [...healed.filter((each) => each !== undefined), ...missing.map(missed)],
    ...(now === undefined ? {} : { attached: { paths: now.paths, named: paths.length + missing.length } }),
  }
}

/** A single disk takes no second path, and its nexus is brought up by its own daemon. */
async function singlePath(operation: Operation, transport: Transport, entry: Entry): Promise<Healed> {
  const there = await operation.progress.step('find', () => locateVolume(operation, transport, entry))
  if (there === undefined) throw gone(entry)
  return { paths: there.paths.map(({ label, device }): HealedPath => ({ path: label, action: 'already', device })) }
}
function gone({ result }: Entry): BrickworkError {
  const device = result?.device ?? 'The device'
  return new BrickworkError(
    'ERR_TARGET_UNREACHABLE',
    `${device} is gone or has changed, and a heal makes no new one: attach the volume again`,
    {
      details: result === null ? {} : { device: result.device },
    },
  )
}
function noMultipathd({ name }: MultipathMap): BrickworkError {
  return new BrickworkError(
    'ERR_MULTIPATH_UNAVAILABLE',
    `No program can add a path to map ${name}: /proc shows no multipathd process on this host (systemctl start multipathd)`,
  )
}
function missed({ code, message, details }: BrickworkError): HealedPath {
  const name = details['name']
  return { path: typeof name === 'string' ? name : '', action: 'failed', error: { code, message } }
}

/**
 * Takes the path back and reports why. After an abort that happens in the time for the rollback.
 * @throws an error that is a defect of Brickwork: then nothing more is changed on the host.
 */
async function failed(operation: Operation, healing: Healing, path: NamedPath, error: unknown): Promise<HealedPath> {
  if (!isBrickworkError(error) || error.code === 'ERR_INTERNAL') throw error
  if (healing.operation.signal.aborted && operation.failure === undefined) operation.beginRollback(error)
  const { code, message } = error
  operation.progress.note('a path could not be brought up', { path: path.label, code, error: message })
  await takeBack(operation, healing, path)
  return { path: path.label, action: 'failed', error: { code, message } }
}

/** Why the map is not of one volume now that it has the new paths. They then leave it, whichever of them is wrong. */
async function conflictIn(operation: Operation, { uuid, volume }: Healing, good: readonly VerifiedPath[]): Promise<unknown> {
  const shown = volume ?? good[0]?.identity
  const map = good.length === 0 || shown === undefined ? undefined : await mapOfUuid(operation.host, uuid, operation.signal)
  if (map === undefined || shown === undefined) return undefined
  try {
    await isMapOfOneVolume(operation, map, shown, { good, open: 0, expected: {} })
    return undefined
  } catch (error) {
    return error
  }
}
