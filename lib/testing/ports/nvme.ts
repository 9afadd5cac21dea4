/** The calls of the kernel port for NVMe over Fabrics. */
import type { FabricsOutcome, GreetOutcome, GreetRequest } from '../../core/host.js'
import { kernelError } from '../errno.js'
import type { FakeProcess } from '../machine/process.js'
import type { Controller } from '../nvme/controller.js'
import { FABRICS } from '../nvme/nvme-sysfs.js'
import type { NvmeKernel } from '../nvme/nvme-kernel.js'
import { optionList } from '../nvme/options.js'
import type { NvmeTargets } from '../nvme/targets.js'
import type { Network } from '../storage/network.js'

/** What `kernel.greet` waits for an answer (lib/host/kernel.ts). */
const SILENCE_MS = 5_000
/** PDU type of an ICResp, flags, header length, offset of data, length of the PDU (NVMe/TCP 1.0, 3.6.2.3). */
const RESPONSE = [0x01, 0x00, 0x80, 0x00, 0x80, 0x00, 0x00, 0x00]
const PDU_BYTES = 128

export function listOptions(nvme: NvmeKernel, process: FakeProcess): string | undefined {
  if (!nvme.loaded) throw kernelError('ENOENT', 'open', FABRICS)
  return process.base.settings.nvmeListsOptions ? optionList() : undefined
}
/** The options as a trace may show them. */
export function withoutSecrets(options: string): string {
  return options.replaceAll(/(secret=)[^,]*/g, '$1[secret]')
}
/** Which port calls end the work of the helper. */
export interface Ends {
  readonly keep: (act: () => void) => Promise<void>
  readonly discard: (act: () => Promise<void>) => Promise<void>
}
/** The helper has a handle of the controller, and deletes it when its parent ends before it is kept. */
export async function connect(nvme: NvmeKernel, process: FakeProcess, options: string, ends: Ends): Promise<FabricsOutcome> {
  if (!nvme.loaded) throw kernelError('ENOENT', 'open', FABRICS)
  const made = await nvme.connect(options)
  if (typeof made === 'string') return { outcome: 'failed', errno: made }
  let open = true
  const remove = (): Promise<void> => (isThere(nvme, made) ? nvme.delete(made) : Promise.resolve())
  const unregister = process.atDeath(() => void (open && remove()))
  const close = (): void => {
    open = false
    unregister()
  }
  const discard = async (): Promise<void> => {
    if (open) await remove()
    close()
  }
  return {
    outcome: 'connected',
    instance: made.instance,
    controller: { keep: () => ends.keep(close), discard: () => ends.discard(discard) },
  }
}
const isThere = (nvme: NvmeKernel, made: Controller): boolean => nvme.all().includes(made)

/** The first PDU of NVMe/TCP is answered before anything is said of hosts or subsystems. */
export async function greet(
  { network, targets, process }: { readonly network: Network; readonly targets: NvmeTargets; readonly process: FakeProcess },
  { address, port, bytes, length }: GreetRequest,
): Promise<GreetOutcome> {
  const portal = { address, port }
  const { base } = process
  const reachability = network.reachability(portal)
  const failed = { refuse: 'ECONNREFUSED', drop: 'ETIMEDOUT', unreachable: 'EHOSTUNREACH', mute: 'ETIMEDOUT', open: undefined }[
    reachability
  ]
  const isSilent = reachability === 'mute' || (reachability === 'open' && !targets.speaksNvme(portal))
  await base.wait(reachability === 'drop' || isSilent ? SILENCE_MS : reachability === 'unreachable' ? 3_000 : base.settings.delays.connect)
  if (failed !== undefined || isSilent) return { outcome: 'failed', error: failed ?? 'ETIMEDOUT' }
  if (bytes.length !== PDU_BYTES || bytes[0] !== 0x00 || length !== PDU_BYTES)
    throw base.ledger.unknown(`a greeting of ${bytes.length} bytes that begins with ${String(bytes[0])}`)
  const answer = new Uint8Array(PDU_BYTES)
  answer.set(RESPONSE)
  return { outcome: 'answered', bytes: answer }
}
