import type { Operation } from '../../operation/operation.js'
import { perOperation } from '../../operation/per-operation.js'
import { BrickworkError, type ErrorCode } from '../../core/errors.js'
import { type Iface, readIface } from '../../linux/iscsi/iface.js'
import { installation } from '../../linux/iscsi/installation.js'
import { DEFAULT_IFACE } from '../../linux/iscsi/session.js'

/** Kernel modules of the supported transports. Cards with their own iSCSI stack are not supported: their sessions share one SCSI host. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ['tcp', 'iscsi_tcp'],
  ['iser', 'ib_iser'],
])

/** @throws `ERR_INVALID_ARGUMENT` when the host has no such iface; `ERR_UNSUPPORTED` when it cannot be used. */
export async function requireIface(operation: Operation, name: string): Promise<void> {
  if (name === DEFAULT_IFACE) return
  const { host, signal } = operation
  const { transport } = await ifaceOf(operation, name)
  const module = MODULES.get(transport)
  if (module === undefined)
    throw refused('ERR_UNSUPPORTED', `the iface ${name} has the transport ${transport}: only tcp and iser are supported`)
  // iscsid loads iscsi_tcp itself.
  if (transport === 'tcp' || (await host.files.stat(`/sys/class/iscsi_transport/${transport}`)) !== undefined) return
  const { exitCode } = await host.commands.run(['modprobe', module], { signal, onAbort: 'leave' })
  if (exitCode !== 0 || (await host.files.stat(`/sys/class/iscsi_transport/${transport}`)) === undefined)
    throw refused('ERR_UNSUPPORTED', `the iface ${name} needs the kernel module ${module}, which could not be loaded`)
}

const ifaces = perOperation<Iface | undefined>()

export async function ifaceOf(operation: Operation, name: string): Promise<Iface> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  const iface = await ifaces(operation, `${databaseRoot} ${name}`, () => readIface(host, databaseRoot, name))
  if (iface !== undefined) return iface
  throw refused('ERR_INVALID_ARGUMENT', `the host has no iface ${name}: create it with iscsiadm -m iface -I ${name} -o new`)
}

function refused(code: ErrorCode, why: string): BrickworkError {
  return new BrickworkError(code, `connection.iface: ${why}`, { step: 'resolve-paths', details: { field: 'connection.iface' } })
}
