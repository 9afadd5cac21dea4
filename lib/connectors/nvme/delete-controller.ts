/** Deletes controllers. The kernel's answer to the write says little: a controller is deleted when it is gone. */
import { BrickworkError } from '../../core/errors.js'
import type { NvmeController } from '../../linux/nvme/controller.js'
import { readController } from '../../linux/nvme/read.js'
import { whenTrue } from '../../linux/wait.js'
import type { Operation } from '../../operation/operation.js'
import { guardsOf } from './objects.js'

/** @throws `ERR_BUSY` for a controller that has never been live: only the kernel ends it. */
export async function deleteController(operation: Operation, controller: NvmeController): Promise<void> {
  const { host, signal } = operation
  const directory = `/sys/class/nvme/${controller.name}`
  await host.kernel
    .write({ directory, guards: guardsOf(controller), attribute: 'delete_controller', value: '1', waits: 'unbounded' }, signal)
    .catch((error: unknown) => {
      if (!(error instanceof BrickworkError) || error.code !== 'ERR_KERNEL') throw error
      if (error.details['errno'] !== 'EBUSY') throw error
      throw new BrickworkError('ERR_BUSY', `${controller.name} cannot be deleted while it connects for the first time`, { cause: error })
    })
  await whenTrue(host, signal, async () => {
    const now = await readController(host, controller.name, signal)
    return now === undefined || !isSame(now, controller) ? true : undefined
  })
}

/** Whether it still is this controller. One that is being removed loses its attributes one after another. */
function isSame(now: NvmeController, before: NvmeController): boolean {
  if (now.nqn === undefined || now.hostNqn === undefined) return true
  const { traddr, trsvcid } = before.address
  return now.nqn === before.nqn && now.hostNqn === before.hostNqn && now.address.traddr === traddr && now.address.trsvcid === trsvcid
}
