/**
 * A record of open-iscsi's discovery database: how a SendTargets to one portal is done. It is the only way to give iscsiadm the secret of a
 * discovery that doesn't show on its command line. Ours is the older form, a file in the place of the portal's directory, so that it comes
 * and goes as a whole.
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
  /** Whole seconds. */
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

/** Those in our form; open-iscsi's own are directories. */
export async function discoveryRecords(host: Host, root: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await host.files.list(`${root}/${DIRECTORY}`))
    if ((await host.files.stat(`${root}/${DIRECTORY}/${name}`))?.type === 'file') found.push(`${root}/${DIRECTORY}/${name}`)
  return found
}

/** What another program says of the discovery at this place; `undefined` when there is nothing, or only what we left. */
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

/** Mode 0600, and in place as a whole. */
export async function writeDiscoveryRecord(host: Host, path: string, text: string): Promise<void> {
  await host.files.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o700)
  await host.files.replace(path, text, 0o600)
}
/** Only what is ours: another program's discovery to the same portal may have made a directory of it meanwhile. */
export async function removeDiscoveryRecord(host: Host, path: string): Promise<void> {
  if ((await host.files.stat(path))?.type === 'file' && isOurs((await host.files.read(path)) ?? '')) await host.files.remove(path)
}
