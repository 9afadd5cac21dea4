/** Namespaces whose number leads to another volume by now. A scan takes the path from their device, even while a program has it open. */
import { Window } from '../../core/deadline.js'
import { readBlockDevice } from '../../linux/block/device.js'
import type { NvmeController } from '../../linux/nvme/controller.js'
import { askIdentity } from '../../linux/nvme/identify.js'
import { usersOf } from '../../operation/device-users.js'
import type { Operation } from '../../operation/operation.js'
import type { WantedNamespace } from './connection.js'
import { sameIdentity } from './identity.js'

/** A healthy controller answers within milliseconds. */
const ASK_MS = 1000

/**
 * Requires that a scan of the controller takes no device from its users. Only namespaces that can be the wanted one are asked for.
 * @throws `ERR_HELD`
 */
export async function requireNoneReplacedInUse(operation: Operation, controller: NvmeController, { nsid }: WantedNamespace): Promise<void> {
  const { host, signal } = operation
  using window = new Window(host.clock, ASK_MS, signal, 'the identity of namespaces')
  const candidates = controller.namespaces.filter((each) => nsid === undefined || each.nsid === nsid)
  await Promise.all(
    candidates.map(async (path) => {
      const live =
        path.nsid === undefined
          ? undefined
          : await askIdentity(host, controller.name, path.nsid, window.signal).catch((error: unknown) => {
              signal.throwIfAborted()
              if (!window.signal.aborted) throw error
              return undefined
            })
      if (live === undefined || live === 'absent' || sameIdentity(path, live)) return
      const device = await readBlockDevice(host, path.head, signal)
      const use = device === undefined ? undefined : await usersOf(operation, device)
      if (use !== undefined) throw use
    }),
  )
}
