/** Admin commands that a target answers (NVMe Base 2.0, 5.17). */
import { requireReading } from '../../core/admin-commands.js'
import type { NvmeAdminReply, NvmeAdminRequest } from '../../core/host.js'
import type { Base } from '../machine/base.js'
import { kernelError } from '../errno.js'
import type { Namespace } from './targets.js'
import type { NvmeKernel } from './nvme-kernel.js'

const ADMIN_MS = 60_000
const IDENTIFY = 0x06
/** Invalid namespace or format, and do not retry. */
const INVALID_NAMESPACE = 0x400b

export async function sendAdmin(base: Base, nvme: NvmeKernel, request: NvmeAdminRequest): Promise<NvmeAdminReply> {
  const { device, opcode, nsid, cdw10, length } = request
  requireReading(request)
  const controller = nvme.behind(device)
  if (controller === undefined) throw kernelError('ENOENT', 'open', device)
  if (controller.state !== 'live') throw kernelError('EAGAIN', 'open', device)
  await base.wait(base.settings.delays.scsi)
  if (!controller.answers()) {
    const seen = controller.changes
    await base.wait(ADMIN_MS)
    // A command that times out takes the controller down for everybody.
    if (controller.changes === seen && !controller.answers()) nvme.reset(controller)
    throw kernelError('EINTR', 'ioctl', device)
  }
  const cns = cdw10 & 0xff
  const namespaces = controller.target()?.namespaces ?? new Map<number, Namespace>()
  const namespace = namespaces.get(nsid)
  if (opcode !== IDENTIFY) throw base.ledger.unknown(`the NVMe admin command 0x${opcode.toString(16)}`)
  if (cns === 2) return { status: 0, data: activeList([...namespaces.keys()].filter((each) => each > nsid)).subarray(0, length) }
  if (namespace === undefined) return { status: INVALID_NAMESPACE, data: new Uint8Array(0) }
  if (cns === 0) return { status: 0, data: identifyNamespace(namespace).subarray(0, length) }
  if (cns === 3) return { status: 0, data: descriptors(namespace).subarray(0, length) }
  throw base.ledger.unknown(`Identify with CNS ${cns}`)
}
function activeList(nsids: readonly number[]): Uint8Array {
  const data = Buffer.alloc(4096)
  for (const [index, nsid] of [...nsids].sort((a, b) => a - b).entries()) data.writeUInt32LE(nsid, index * 4)
  return data
}
function identifyNamespace({ volume, nguid, eui64 }: Namespace): Uint8Array {
  const data = Buffer.alloc(4096)
  data.writeBigUInt64LE(BigInt(volume.sizeBytes / 512), 0)
  if (nguid !== undefined) data.set(Buffer.from(nguid, 'hex'), 104)
  if (eui64 !== undefined) data.set(Buffer.from(eui64, 'hex'), 120)
  data.writeUInt32LE(9 << 16, 128)
  return data
}
/** Type, length, two reserved bytes, then the identifier; a length of 0 ends the list. */
function descriptors({ uuid, nguid, eui64 }: Namespace): Uint8Array {
  const data = Buffer.alloc(4096)
  let at = 0
  for (const [type, hex] of [
    [1, eui64],
    [2, nguid],
    [3, uuid?.replaceAll('-', '')],
  ] as const) {
    if (hex === undefined) continue
    data.set([type, hex.length / 2, 0, 0, ...Buffer.from(hex, 'hex')], at)
    at += 4 + hex.length / 2
  }
  return data
}
