import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { normalAddress } from '../../core/portal.js'
import { until } from '../../core/signal.js'

/** Facts about the host's open-iscsi. They don't change while Brickwork runs, so each host is queried once. */
export interface Installation {
  /** `2.1.8`; `undefined` when iscsiadm does not report it. */
  readonly version: string | undefined
  /** Directory of `nodes/`, which the distribution chooses at compile time. Follows from the version until iscsiadm shows another. */
  readonly databaseRoot: string
  /** This version never answers a login that is waited for when the scan is manual (open-iscsi 2.1.10, fixed in 2.1.11). */
  readonly loginNeverAnswers: boolean
}
const OLD_ROOT = '/etc/iscsi'
const NEW_ROOT = '/var/lib/iscsi'
/** All directories that may contain records, for any version. */
export const DATABASE_ROOTS = [OLD_ROOT, NEW_ROOT] as const
/** Upstream's default directory changed with this version. */
const ROOT_MOVED = [2, 1, 9] as const

const known = new WeakMap<Host, Promise<Installation>>()

export async function installation(host: Host, signal: AbortSignal): Promise<Installation> {
  const looking = known.get(host) ?? startQuery(host)
  return await until(looking, signal)
}
/** All callers share the query, so the abort of one caller does not end it. */
function startQuery(host: Host): Promise<Installation> {
  const looking = query(host, NEVER)
  known.set(host, looking)
  // A query that failed (a missing tool) is repeated for the next caller.
  looking.catch(() => known.delete(host))
  return looking
}

/** Remembers that iscsiadm uses this directory, regardless of its version. */
export async function useDatabase(host: Host, databaseRoot: string, signal: AbortSignal): Promise<void> {
  known.set(host, Promise.resolve({ ...(await installation(host, signal)), databaseRoot }))
}
/** Both directories may exist: a container has its own open-iscsi, and an upgrade leaves the directory of the former version. */
export function otherDatabase(root: string): string {
  return root === OLD_ROOT ? NEW_ROOT : OLD_ROOT
}

async function query(host: Host, signal: AbortSignal): Promise<Installation> {
  const { stdout } = await host.commands.run(['iscsiadm', '--version'], { signal, onAbort: 'leave' })
  const version = versionIn(stdout)
  return { version, databaseRoot: versionRoot(version) ?? (await existingRoot(host, signal)), loginNeverAnswers: version === '2.1.10' }
}

/** `iscsiadm version 2.1.8` */
export function versionIn(stdout: string): string | undefined {
  return /version ([0-9]+(?:\.[0-9]+)*)/.exec(stdout)?.[1]
}

function versionRoot(version: string | undefined): string | undefined {
  return version === undefined ? undefined : compare(version, ROOT_MOVED) < 0 ? OLD_ROOT : NEW_ROOT
}
/** The only directory that exists. If both exist, the one with a record that iscsiadm shows; otherwise upstream's default. */
async function existingRoot(host: Host, signal: AbortSignal): Promise<string> {
  const there: string[] = []
  for (const root of DATABASE_ROOTS) if (await isDatabase(host, root)) there.push(root)
  if (there.length === 1 && there[0] !== undefined) return there[0]
  return (there.length === 0 ? undefined : await shownRoot(host, signal)) ?? NEW_ROOT
}
export async function isDatabase(host: Host, root: string): Promise<boolean> {
  for (const part of ['nodes', 'send_targets', 'ifaces']) if ((await host.files.stat(`${root}/${part}`)) !== undefined) return true
  return false
}
async function shownRoot(host: Host, signal: AbortSignal): Promise<string | undefined> {
  const { stdout } = await host.commands.run(['iscsiadm', '-m', 'node'], { signal, onAbort: 'leave' })
  for (const record of recordsIn(stdout)) {
    const roots: string[] = []
    for (const root of DATABASE_ROOTS)
      if ((await host.files.list(`${root}/nodes/${record.target}`)).some((name) => isRecordOf(name, record))) roots.push(root)
    if (roots.length === 1) return roots[0]
  }
  return undefined
}

interface ShownRecord {
  readonly target: string
  readonly address: string
  readonly port: string
}
/** `10.99.1.1:3260,1 iqn.2004-10.example:target` */
function recordsIn(stdout: string): ShownRecord[] {
  return stdout.split('\n').flatMap((line) => {
    const [, address, port, target] = /^\[?([0-9A-Za-z.:%-]+?)\]?:([0-9]+),-?[0-9]+ ([^\s/]+)$/.exec(line.trim()) ?? []
    return address === undefined || port === undefined || target === undefined ? [] : [{ target, address, port }]
  })
}
/** `10.99.1.1,3260` or `10.99.1.1,3260,1` */
function isRecordOf(name: string, { address, port }: ShownRecord): boolean {
  const [fileAddress = '', filePort] = name.split(',')
  return normalAddress(fileAddress) === normalAddress(address) && filePort === port
}

function compare(version: string, other: readonly number[]): number {
  const parts = version.split('.').map(Number)
  const at = other.findIndex((part, index) => (parts[index] ?? 0) !== part)
  return at < 0 ? 0 : (parts[at] ?? 0) - (other[at] ?? 0)
}

/**
 * `InitiatorName=iqn.…` of /etc/iscsi/initiatorname.iscsi: the first one with a value, as open-iscsi takes it (cfg_get_string_param()).
 * `undefined` while the file has `GenerateName=yes`: Debian's start script then replaces the file by one with a new name.
 */
export function initiatorIn(text: string): string | undefined {
  if (/^GenerateName=yes\b/m.test(text)) return undefined
  return /^[ \t]*InitiatorName[ \t]*=[ \t]*(\S+)/m.exec(text)?.[1]
}
