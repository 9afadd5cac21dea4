/** Whether multipathd may be asked to create a map of the volume. It uses every disk of that WWID, whichever program added the disk. */
import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import { mapOfWwid } from '../../linux/multipath/map.js'
import { excludedPaths, excludePath } from '../../multipath/excluded-path.js'
import { mapObject } from '../../multipath/objects.js'
import type { Operation } from '../../operation/operation.js'
import { disksOf } from './map-members.js'
import type { Paths } from './paths.js'

/**
 * Only if all disks of the volume on this host may be paths of the map: verified paths, disks that this attach created, and disks of other
 * attachments. A disk of this connection that another program added and that could not be verified is excluded first. Never if another
 * program has a map of the volume already.
 */
export async function mayRequestMap(operation: Operation, paths: Paths, wwid: string | undefined): Promise<boolean> {
  const { good } = paths
  const { host, signal, claim, claims } = operation
  const map = wwid === undefined ? undefined : await mapOfWwid(host, wwid, signal)
  if (map !== undefined) {
    const { key } = mapObject(map, 'found')
    const objects = (await claims.about(key)).flatMap((entry) => entry.objects)
    if (!objects.some((object) => object.key === key && object.origin !== 'found')) return false
  }
  const kernelWwids = new Set(good.flatMap(({ device: { kernelWwid } }) => kernelWwid ?? []))
  const disks = (await until(queryOf(host).ask(), signal)).filter((disk) => kernelWwids.has(disk.kernelWwid)).map(({ name }) => name)
  const others = await claims.aboutAny([...kernelWwids])
  const allowed = new Set([
    ...excludedPaths(operation).map(({ data }) => String(data['name'])),
    ...good.map(({ device }) => device.name),
    ...disksOf(claim.entry.objects.filter(({ origin }) => origin !== 'found')),
    ...others.filter(({ owner, id }) => owner !== claim.entry.owner || id !== claim.entry.id).flatMap(({ objects }) => disksOf(objects)),
  ])
  const strangers = disks.filter((name) => !allowed.has(name))
  if (strangers.length === 0) return true
  const old = await paths.oldDisks()
  if (!strangers.every((name) => old.includes(name) && !paths.verifying.has(name))) return false
  for (const name of strangers) await excludePath(operation, name)
  return true
}

interface DiskSeen {
  readonly name: string
  readonly kernelWwid: string
}
/** In an attach storm many operations ask at once. One query answers all of them. */
const queries = new WeakMap<Host, SharedQuery<readonly DiskSeen[]>>()
function queryOf(host: Host): SharedQuery<readonly DiskSeen[]> {
  const known = queries.get(host) ?? new SharedQuery(host.clock, () => readDisks(host))
  queries.set(host, known)
  return known
}
async function readDisks(host: Host): Promise<readonly DiskSeen[]> {
  const plan = { root: '/sys/class/block', node: { children: [{ pattern: 'sd*', follow: true, node: { attributes: ['device/wwid'] } }] } }
  const tree = await host.kernel.readTree(plan, NEVER)
  return tree.children().flatMap((disk) => {
    const kernelWwid = disk.text('device/wwid')
    return kernelWwid === undefined || kernelWwid === '' ? [] : [{ name: disk.name, kernelWwid }]
  })
}
