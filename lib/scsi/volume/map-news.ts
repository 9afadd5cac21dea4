import type { Uevent } from '../../core/host.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import type { Operation } from '../../operation/operation.js'
import type { Paths } from './paths.js'

/**
 * At which events the wait for a map goes on. Of the map only those that are younger than the last query (`shown`: the highest number by then): the
 * kernel sends an event after the change. Of the paths, while udev `isBusy` with them, only the one after which it is done with all.
 */
export function newsOf(
  { udev }: Operation,
  { good }: Paths,
  map: MultipathMap | undefined,
  shown: number,
  isBusy: boolean,
): (event: Uevent) => boolean {
  return ({ source, devpath, seqnum }) => {
    const name = devpath.slice(devpath.lastIndexOf('/') + 1)
    if (source === 'kernel') return true
    if (name === map?.block.name) return seqnum > shown
    const isPath = isBusy && good.some(({ device }) => device.name === name)
    return !isPath || good.every(({ device }) => !udev.isPending(device.name))
  }
}
