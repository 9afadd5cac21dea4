/** From paths to a map: multipathd makes it, we see to it that it does, and that it is made of our paths only. */
import type { Reached } from '../../attach/connector.js'
import type { Operation } from '../../attach/operation.js'
import type { IscsiConnection } from '../../connection/types.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Watch } from '../../core/host.js'
import { tellMultipathd } from '../../linux/multipath/daemon.js'
import { mapOver, mapUuid, type MultipathMap } from '../../linux/multipath/map.js'
import { readUdevRecord, udevRuns } from '../../linux/udev/database.js'
import { UNANNOUNCED_MS } from '../../linux/wait.js'
import type { Expected } from '../../types.js'
import { claimMap } from './claim-map.js'
import type { Logins } from './logins.js'
import { DISK } from './objects.js'
import { Paths, type ProvenPath } from './paths.js'
import { pathOf } from './targets.js'

/** How long a map is waited for once multipathd can know every path, when the policy can do without. */
const FORM_MS = 10_000

/** All paths at once; the answer when enough of them are in the map and the policy's grace is over. */
export async function attachOverAllPaths(
  operation: Operation,
  logins: Logins,
  connection: IscsiConnection,
  expected: Expected,
): Promise<Reached> {
  const paths = new Paths(operation, logins, connection, expected)
  using watch = await operation.host.events.watch([])
  try {
    const min = least(operation, paths)
    await enough(operation, paths, min)
    const map = await operation.step('assemble', () =>
      assembled(operation, paths, min, watch).catch((error: unknown) => {
        throw isBrickworkError(error, 'ERR_TIMEOUT') ? notFormed('multipathd made none in time', error) : error
      }),
    )
    const rest = paths.rest()
    operation.rest = rest
    return map === undefined ? singleDevice(operation, paths) : asMap(operation, paths, map)
  } catch (error) {
    await paths.stop()
    throw error
  }
}

function least({ policy }: Operation, paths: Paths): number {
  const { min } = policy.paths
  return min === 'all' ? paths.total : Math.min(min, paths.total)
}

/** Waits for the least number of paths, then for the rest of them as long as the grace lasts. */
async function enough(operation: Operation, paths: Paths, min: number): Promise<void> {
  const { want, graceMs } = operation.policy.paths
  const wanted = want === 'all' ? paths.total : Math.min(want, paths.total)
  while (paths.good.length < min) {
    paths.check()
    if (paths.open + paths.good.length < min) throw tooFew(paths, min)
    await paths.changed(operation.signal)
  }
  using grace = new Window(operation.host.clock, graceMs, operation.signal, 'grace for further paths')
  while (paths.open > 0 && paths.good.length < wanted && !grace.signal.aborted) {
    await paths.changed(grace.signal).catch(() => {
      operation.signal.throwIfAborted()
    })
  }
  paths.check()
}
function tooFew(paths: Paths, min: number): BrickworkError {
  const { good, failed: attempts, total } = paths
  return new BrickworkError('ERR_MULTIPATH_NOT_FORMED', `${good.length} of ${total} paths came up, the policy asks for ${min}`, {
    attempts,
  })
}

/** The map with at least `min` of our paths; `undefined` when it doesn't form and the policy can do with a single device. */
async function assembled(operation: Operation, paths: Paths, min: number, watch: Watch): Promise<MultipathMap | undefined> {
  const { clock } = operation.host
  const { multipath, paths: wanted } = operation.policy
  const [first] = paths.good
  if (first?.identity.wwid === undefined) {
    withoutMap(operation, 'the volume shows no WWID')
    return
  }
  const asking = new Asking(operation, first, first.identity.wwid)
  /** Since when multipathd can know all paths, and since when there is a map. */
  let toldAt: number | undefined
  let seenAt: number | undefined
  for (;;) {
    paths.check()
    watch.add(paths.good.map(({ device }) => device.name))
    const map = await mapOfPaths(operation, paths)
    const told = await udevKnowsAll(operation, paths)
    const now = clock.now()
    toldAt = told ? (toldAt ?? now) : undefined
    seenAt = map === undefined ? undefined : (seenAt ?? now)
    // multipathd makes the map of the first path and adds the others one by one, as udev is done with each.
    const waited = toldAt === undefined || seenAt === undefined ? 0 : now - Math.max(toldAt, seenAt)
    const enough = waited >= wanted.graceMs ? min : paths.good.length
    if (map !== undefined && !map.suspended && ours(paths, map).length >= enough && (await claimMap(operation, map))) return map
    if (multipath !== 'require' && toldAt !== undefined && now - toldAt >= FORM_MS) {
      if (map !== undefined) throw notFormed(`map ${map.name} has ${ours(paths, map).length} of its paths`)
      withoutMap(operation, `multipathd made no map of it within ${FORM_MS} ms`)
      return
    }
    if (map === undefined) await asking.askWhenDue()
    await soon(operation, watch)
  }
}
async function udevKnowsAll({ host }: Operation, { good }: Paths): Promise<boolean> {
  if (!(await udevRuns(host))) return true // nobody will ever tell more
  const records = await Promise.all(good.map(({ device }) => readUdevRecord(host, device.device)))
  return records.every((record) => record?.initialized === true)
}
/** multipathd's decision is announced by no event: without one it is looked at each 50 ms. */
async function soon({ host, signal }: Operation, watch: Watch): Promise<void> {
  using window = new Window(host.clock, UNANNOUNCED_MS, signal, 'map')
  await watch.next(window.signal).catch(() => {
    signal.throwIfAborted()
  })
}
async function mapOfPaths(operation: Operation, paths: Paths): Promise<MultipathMap | undefined> {
  for (const { device, identity } of paths.good) {
    const map = await mapOver(operation.host, device.name, operation.signal)
    if (map === undefined) continue
    if (identity.wwid !== undefined && map.uuid !== mapUuid(identity.wwid)) throw foreignMap(map, device.name)
    await checkSlaves(operation, map)
    return map
  }
  return undefined
}
/** Every path of the map must be of this connection, or of another attachment of ours on the same volume. */
async function checkSlaves(operation: Operation, map: MultipathMap): Promise<void> {
  const claimed = [operation.entry, ...(await operation.claims.all())].flatMap(({ objects }) => objects)
  const names = new Set(claimed.filter(({ kind }) => kind === DISK).map(({ data }) => data['name']))
  const strangers = map.slaves.filter((slave) => !names.has(slave))
  // A disk of ours that is just being found is not written down yet.
  if (strangers.length === 0 || operation.entry.objects.some(({ kind, origin }) => kind === DISK && origin === 'making')) return
  throw new BrickworkError('ERR_IDENTITY_CONFLICT', `Map ${map.name} has paths that are not of this connection: ${strangers.join(', ')}`, {
    details: { map: map.name, paths: strangers },
  })
}
function foreignMap(map: MultipathMap, disk: string): BrickworkError {
  return new BrickworkError('ERR_IDENTITY_CONFLICT', `/dev/${disk} is a path of map ${map.name} (${map.uuid}), which is another volume`, {
    details: { map: map.name, uuid: map.uuid },
  })
}
const ours = (paths: Paths, map: MultipathMap) => paths.good.filter(({ device }) => map.slaves.includes(device.name))

/** Pauses between questions. Each makes multipathd look at all its paths: asked without pause it would not get to its events. */
const ASK_MS = [200, 400, 800, 1600] as const
const ASK_LATER_MS = 3000

/** Where multipathd's configuration would not form a map of a new volume it is asked to, once it knows the path, that is after udev. */
class Asking {
  readonly #operation: Operation
  readonly #path: ProvenPath
  readonly #wwid: string
  #asked = 0
  #dueAt = 0

  constructor(operation: Operation, path: ProvenPath, wwid: string) {
    this.#operation = operation
    this.#path = path
    this.#wwid = wwid
  }
  async askWhenDue(): Promise<void> {
    const { host, signal } = this.#operation
    if (host.clock.now() < this.#dueAt) return
    const record = await readUdevRecord(host, this.#path.device.device)
    if (record?.initialized !== true) return
    await tellMultipathd(host, `add map ${this.#wwid}`, signal)
    this.#dueAt = host.clock.now() + (ASK_MS[this.#asked] ?? ASK_LATER_MS)
    this.#asked += 1
  }
}
function withoutMap(operation: Operation, why: string): undefined {
  if (operation.policy.multipath !== 'require') return undefined
  throw notFormed(why)
}
function notFormed(why: string, cause?: unknown): BrickworkError {
  return new BrickworkError('ERR_MULTIPATH_NOT_FORMED', `No multipath map to hand out: ${why}`, cause === undefined ? {} : { cause })
}

function singleDevice(operation: Operation, paths: Paths): Reached {
  const [only] = paths.good
  if (only === undefined) throw new BrickworkError('ERR_MULTIPATH_NOT_FORMED', 'No path is left')
  operation.note('no multipath map was formed: a single device is used', { device: only.device.name, paths: paths.good.length })
  return { device: only.device, disks: [only.device], paths: [pathOf(only.exposed)], degraded: true, ...only.identity }
}

function asMap(operation: Operation, paths: Paths, map: MultipathMap): Reached {
  const inMap = ours(paths, map)
  const [first] = inMap
  if (inMap.length === 1) operation.note('the volume runs on one path', { map: map.name, of: paths.total })
  return {
    device: map.block,
    disks: inMap.map(({ device }) => device),
    paths: inMap.map(({ exposed }) => pathOf(exposed)),
    multipath: { name: map.name, device: `/dev/${map.block.name}`, uuid: map.uuid },
    degraded: inMap.length < paths.total,
    wwid: first?.identity.wwid,
    serial: first?.identity.serial,
  }
}
