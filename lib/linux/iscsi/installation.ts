import type { Host } from '../../core/host.js'
import { normalAddress } from '../../core/portal.js'
import { until } from '../../core/signal.js'

/** What is to be known of the host's open-iscsi. It doesn't change while we run, so it is looked up once for each host. */
export interface Installation {
  /** `2.1.8`; `undefined` when it doesn't say. */
  readonly version: string | undefined
  /** Directory that holds `nodes/`: a compile-time choice of the distribution. By the version, until iscsiadm shows otherwise. */
  readonly databaseRoot: string
  /** This version never answers a waited login when the scan is manual (open-iscsi 2.1.10, mended in 2.1.11). */
  readonly loginNeverAnswers: boolean
}
const OLD_ROOT = '/etc/iscsi'
const NEW_ROOT = '/var/lib/iscsi'
/** Wherever a record may lie, whatever version made it. */
export const DATABASE_ROOTS = [OLD_ROOT, NEW_ROOT] as const
/** Upstream's default root changed with this version. */
const ROOT_MOVED = [2, 1, 9] as const

const known = new WeakMap<Host, Promise<Installation>>()

export async function installation(host: Host, signal: AbortSignal): Promise<Installation> {
  const looking = known.get(host) ?? startQuery(host)
  return await until(looking, signal)
}
/** For everybody who asks meanwhile: no single caller's end ends it. */
function startQuery(host: Host): Promise<Installation> {
  const looking = query(host, new AbortController().signal)
  known.set(host, looking)
  // An answer that was not had (a missing tool) is asked for again.
  looking.catch(() => known.delete(host))
  return looking
}

/** iscsiadm has the records of this directory, whatever its version says. */
export async function useDatabase(host: Host, databaseRoot: string, signal: AbortSignal): Promise<void> {
  known.set(host, Promise.resolve({ ...(await installation(host, signal)), databaseRoot }))
}
/** Both may be there: a container brings its own open-iscsi, and an upgrade leaves the directory of the former version. */
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
/** The only one that is there; where both are, the one of a record that iscsiadm shows; else upstream's default. */
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

export async function initiatorName(host: Host): Promise<string | undefined> {
  return initiatorIn((await host.files.read('/etc/iscsi/initiatorname.iscsi')) ?? '')
}
/** `InitiatorName=iqn.…` of /etc/iscsi/initiatorname.iscsi */
export function initiatorIn(text: string): string | undefined {
  return /^[ \t]*InitiatorName[ \t]*=[ \t]*(\S+)/m.exec(text)?.[1]
}
