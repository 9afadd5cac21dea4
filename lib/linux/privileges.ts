/** What this process may do on the host (proc_pid_status(5), capabilities(7), user_namespaces(7)). */
import type { Host } from '../core/host.js'
import { ownPid } from './processes.js'

export interface Privileges {
  /** The file that shows uid and capabilities. */
  readonly file: string
  /** Effective user id. */
  readonly uid: string
  /** Effective capabilities, as hexadecimal digits. */
  readonly capabilities: string
  /** CAP_SYS_ADMIN is among them. */
  readonly isAdmin: boolean
  /** `0 0 4294967295` in the first user namespace; `undefined` if it could not be read. */
  readonly uidMap: string | undefined
  /** Root of a user namespace that is not the first. The kernel and the daemons of the host treat it as another user. */
  readonly isMapped: boolean
}

/** include/uapi/linux/capability.h */
const CAP_SYS_ADMIN = 21n
/** All user ids, each mapped to itself. */
const FIRST_USER_NAMESPACE = '0 0 4294967295'

/** `undefined` when /proc does not show them. */
export async function readPrivileges(host: Host): Promise<Privileges | undefined> {
  const directory = `/proc/${(await ownPid(host)) ?? 'self'}`
  const file = `${directory}/status`
  const status = await host.files.read(file)
  const uid = /^Uid:\s+[0-9]+\s+([0-9]+)/m.exec(status ?? '')?.[1]
  const capabilities = /^CapEff:\s+([0-9a-f]+)/m.exec(status ?? '')?.[1]
  if (uid === undefined || capabilities === undefined) return undefined
  const uidMap = (await host.files.read(`${directory}/uid_map`))?.trim().split(/\s+/).join(' ')
  return {
    file,
    uid,
    capabilities,
    isAdmin: (BigInt(`0x${capabilities}`) & (1n << CAP_SYS_ADMIN)) !== 0n,
    uidMap,
    isMapped: uidMap !== undefined && uidMap !== '' && uidMap !== FIRST_USER_NAMESPACE,
  }
}
