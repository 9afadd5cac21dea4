import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { type Privileges, readPrivileges } from '../linux/privileges.js'

const IN_A_CONTAINER = "In a container: as root, privileged, in the first user namespace, and with the host's root directory mounted"
const QUERIES = 'Queries need none of this: enumerate(), identity(), doctor(), createAttacher({ queryOnly: true })'

/**
 * The least that attaching needs: sysfs belongs to root, the storage daemons obey root alone, and device-mapper asks for CAP_SYS_ADMIN.
 * @throws `ERR_PERMISSION`
 */
export async function requirePrivileges(host: Host): Promise<void> {
  const own = await readPrivileges(host)
  const missing = own === undefined ? undefined : whatIsMissing(own)
  if (own === undefined || missing === undefined) return
  throw new BrickworkError('ERR_PERMISSION', `Attaching volumes needs root with CAP_SYS_ADMIN: ${missing}. ${IN_A_CONTAINER}. ${QUERIES}`, {
    details: { uid: Number(own.uid), capabilities: own.capabilities },
  })
}
function whatIsMissing({ uid, isAdmin, isMapped }: Privileges): string | undefined {
  if (uid !== '0') return `this process runs as user ${uid}`
  if (isMapped) return 'this process is root only in a user namespace'
  return isAdmin ? undefined : 'this process is root without CAP_SYS_ADMIN'
}
