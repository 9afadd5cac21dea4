/** Waits for a connect that its caller gave up, and deletes what it has made unless an attachment uses it. */
import { until } from '../../core/signal.js'
import { isEnding, isLive, type NvmeController } from '../../linux/nvme/controller.js'
import { readSubsystem } from '../../linux/nvme/read.js'
import { UNANNOUNCED_MS } from '../../linux/wait.js'
import type { Pending } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import type { ConnectRegistry } from './connect.js'
import { deleteController } from './delete-controller.js'
import { controllerKey, instanceOf, portalPathIn, pathLock } from './objects.js'
import { isOfPath } from './portal-path.js'

export async function resolvePendingConnect(operation: Operation, registry: ConnectRegistry, pending: Pending): Promise<void> {
  const running = registry.running(pending.key)
  if (running !== undefined) {
    // This process deletes the controller as soon as the kernel answers.
    await until(running, operation.signal)
    return
  }
  const { portalPath, pair } = portalPathIn(pending.data)
  await operation.locked(pathLock(portalPath, pair), async () => {
    const { clock } = operation.host
    for (;;) {
      const made = await madeBy(operation, pending)
      // A helper whose process has ended may be deleting it already.
      if (made !== undefined && (isLive(made) || isEnding(made))) {
        await operation.progress.step('disconnect', () => deleteController(operation, made), portalPath.label)
        return
      }
      // The helper of a process that has ended deletes it by itself, if it still can.
      if (clock.wallMs() >= pending.untilMs) return
      await clock.sleep(UNANNOUNCED_MS, operation.signal)
    }
  })
}

/** The controller of the path that was not there before the connect, and that no attachment names. */
async function madeBy(operation: Operation, { data }: Pending): Promise<NvmeController | undefined> {
  const { portalPath, pair } = portalPathIn(data)
  const before = text(data, 'before').split(' ').filter(Boolean).map(Number)
  const { controllers } = await readSubsystem(operation.host, portalPath.nqn, operation.signal)
  const others = await operation.claim.others(controllerKey(portalPath, pair))
  const named = others.map(instanceOf)
  return controllers.find((each) => isOfPath(each, portalPath, pair) && !before.includes(each.instance) && !named.includes(each.instance))
}
