import type { Operation } from '../../operation/operation.js'
import { perOperation } from '../../operation/per-operation.js'
import { BrickworkError, type ErrorCode, isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { HOST_SETTINGS_FILE, parseHostSettings, readHostSettings, type SessionSettings } from '../../linux/iscsi/host-settings.js'
import { type Iface, ifaceFile, ifaceIn, readIface } from '../../linux/iscsi/iface.js'
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

interface Known {
  readonly iface: Iface | undefined
  readonly settings?: SessionSettings
}
const files = perOperation<Known>()

export async function ifaceOf(operation: Operation, name: string): Promise<Iface> {
  const { iface } = await knownOf(operation, name)
  if (iface !== undefined) return iface
  throw refused('ERR_INVALID_ARGUMENT', `the host has no iface ${name}: create it with iscsiadm -m iface -I ${name} -o new`)
}

/** The administrator's settings for a session through this iface. */
export async function hostSettingsOf(operation: Operation, name: string): Promise<SessionSettings> {
  return (await knownOf(operation, name)).settings ?? (await readHostSettings(operation.host))
}
async function knownOf(operation: Operation, name: string): Promise<Known> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  return await files(operation, `${databaseRoot} ${name}`, () => read(host, databaseRoot, name))
}
/** A path that comes up needs both files. If one of them can't be read, each is read when it is needed. */
async function read(host: Host, databaseRoot: string, name: string): Promise<Known> {
  try {
    const [iface, settings = ''] = await host.files.readFiles([ifaceFile(databaseRoot, name), HOST_SETTINGS_FILE])
    return { iface: ifaceIn(name, iface), settings: parseHostSettings(settings) }
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return { iface: await readIface(host, databaseRoot, name) }
  }
}

function refused(code: ErrorCode, why: string): BrickworkError {
  return new BrickworkError(code, `connection.iface: ${why}`, { step: 'resolve-paths', details: { field: 'connection.iface' } })
}
