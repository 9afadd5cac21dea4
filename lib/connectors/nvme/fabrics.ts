/** What the kernel's NVMe over Fabrics driver knows, read once for each host. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { until } from '../../core/signal.js'
import type { Operation } from '../../operation/operation.js'
import { knownOptions } from './option-string.js'

const options = new WeakMap<Host, Promise<ReadonlySet<string>>>()

/** @throws `ERR_UNSUPPORTED` when the host has no driver, also after one attempt to load it. */
export async function requireFabrics({ host, signal }: Operation): Promise<ReadonlySet<string>> {
  const known = options.get(host) ?? ask(host)
  options.set(host, known)
  known.catch(() => options.delete(host))
  return await until(known, signal)
}
async function ask(host: Host): Promise<ReadonlySet<string>> {
  const never = new AbortController().signal
  const list = await readList(host, never)
  if (list !== 'none') return knownOptions(list)
  await host.commands.run(['modprobe', 'nvme-tcp'], { signal: never, onAbort: 'leave' })
  const again = await readList(host, never)
  if (again !== 'none') return knownOptions(again)
  throw new BrickworkError('ERR_UNSUPPORTED', 'The kernel has no NVMe over TCP: /dev/nvme-fabrics is missing. Load the module nvme-tcp')
}
async function readList({ kernel }: Host, signal: AbortSignal): Promise<string | undefined> {
  return await kernel.fabricsOptions(signal).catch((error: unknown) => {
    if (isBrickworkError(error, 'ERR_KERNEL') && error.details['errno'] === 'ENOENT') return 'none'
    throw error
  })
}
