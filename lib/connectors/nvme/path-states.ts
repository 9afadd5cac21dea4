/** The paths of an attached namespace as they are now. No event announces their changes. */
import type { Host } from '../../core/host.js'
import { isLive } from '../../linux/nvme/controller.js'
import { readSubsystem } from '../../linux/nvme/read.js'
import type { PathState } from '../../operation/connector.js'
import type { Entry } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import { controllersOf, namespaceIn, namespacesOf } from './locate.js'
import { isAccessible } from './match-namespace.js'
import { portalPathIn } from './objects.js'
import { isOfPath } from './portal-path.js'

export async function pathStates(host: Host, entry: Entry, signal: AbortSignal): Promise<readonly PathState[] | undefined> {
  const [object] = namespacesOf(entry)
  if (object === undefined) return undefined
  const seen = await readSubsystem(host, text(object.data, 'nqn'), signal)
  const now = namespaceIn(seen, text(object.data, 'wwid'))
  if (now === undefined) return undefined
  return controllersOf(entry).map(({ data }) => {
    const { portalPath, pair } = portalPathIn(data)
    const controller = seen.controllers.find((each) => isOfPath(each, portalPath, pair))
    const path = now.paths.find((each) => each.controller.name === controller?.name)?.path
    const carries = controller !== undefined && path !== undefined && isLive(controller)
    return {
      label: portalPath.label,
      state: controller?.state ?? 'removed',
      ...(path?.anaState === undefined ? {} : { anaState: path.anaState }),
      // A path of another size than the head's takes no I/O (drivers/nvme/host/multipath.c, nvme_path_is_disabled).
      isUp: carries && (!path.hidden || path.sizeBytes === now.head.sizeBytes),
      isAccessible: carries && isAccessible(path),
      endsByItself: controller?.ctrlLossTimeoutSec !== -1,
    }
  })
}
