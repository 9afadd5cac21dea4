/**
 * A record of open-iscsi's discovery database: the settings for SendTargets at one portal. Without it, the secret of a discovery could only
 * be given to iscsiadm on its command line. Brickwork writes the older form, a file in place of the portal's directory, so that the record
 * appears and disappears as a whole.
 */
import type { Host } from '../../core/host.js'
import type { Portal } from '../../core/portal.js'
import { isOurs, MARK } from './record.js'
import { parseRecord } from './settings-file.js'

export interface DiscoverySettings {
  readonly portal: Portal
  readonly owner: string
  readonly username: string
  readonly secret: string
  /** In whole seconds. */
  readonly loginTimeoutSec: number
}
const DIRECTORY = 'send_targets'
const KEY = 'discovery.sendtargets'

export function discoveryRecordFile(root: string, { address, port }: Portal): string {
  return `${root}/${DIRECTORY}/${address},${port}`
}
export function isDiscoveryRecord(path: string): boolean {
  return path.includes(`/${DIRECTORY}/`)
}

export function formatDiscoveryRecord({ portal, owner, username, secret, loginTimeoutSec }: DiscoverySettings): string {
  return [
    '# BEGIN RECORD 2.1',
    MARK,
    `# owner ${owner}`,
    'discovery.startup = manual',
    'discovery.type = sendtargets',
    `${KEY}.address = ${portal.address}`,
    `${KEY}.port = ${portal.port}`,
    `${KEY}.auth.authmethod = CHAP`,
    `${KEY}.auth.username = ${username}`,
    `${KEY}.auth.password = ${secret}`,
    `${KEY}.timeo.login_timeout = ${loginTimeoutSec}`,
    `${KEY}.use_discoveryd = No`,
    `${KEY}.reopen_max = 0`,
    '# END RECORD',
    '',
  ].join('\n')
}

/** Records in the form that Brickwork writes. Those of open-iscsi are directories. */
export async function discoveryRecords(host: Host, root: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await host.files.list(`${root}/${DIRECTORY}`))
    if ((await host.files.stat(`${root}/${DIRECTORY}/${name}`))?.type === 'file') found.push(`${root}/${DIRECTORY}/${name}`)
  return found
}

/** The discovery settings of another program for this portal; `undefined` when there are none, or only a record created by Brickwork. */
export async function foreignDiscovery(
  host: Host,
  path: string,
): Promise<{ path: string; username?: string; secret?: string } | undefined> {
  const file = (await host.files.stat(path))?.type === 'directory' ? `${path}/st_config` : path
  const content = await host.files.read(file)
  if (content === undefined || isOurs(content)) return undefined
  const values = parseRecord(content)
  const [username, secret] = [values.get(`${KEY}.auth.username`), values.get(`${KEY}.auth.password`)]
  return { path: file, ...(username === undefined ? {} : { username }), ...(secret === undefined ? {} : { secret }) }
}

/** Writes the record with mode 0600. It appears as a whole. */
export async function writeDiscoveryRecord(host: Host, path: string, text: string): Promise<void> {
  await host.files.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o700)
  await host.files.replace(path, text, 0o600)
}
/** Removes only a record created by Brickwork. Another program's discovery may have replaced it by a directory. */
export async function removeDiscoveryRecord(host: Host, path: string): Promise<void> {
  if ((await host.files.stat(path))?.type === 'file' && isOurs((await host.files.read(path)) ?? '')) await host.files.remove(path)
}
