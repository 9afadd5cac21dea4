import type { Host } from '../../core/host.js'
import { until } from '../../core/signal.js'

/** What is to be known of the host's open-iscsi; it doesn't change while we run, so it is looked up once for each host. */
export interface Installation {
  /** `2.1.8`; `undefined` when it doesn't say. */
  readonly version: string | undefined
  /** Directory that holds `nodes/`: a compile-time choice of the distribution. */
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

async function query(host: Host, signal: AbortSignal): Promise<Installation> {
  const { stdout } = await host.commands.run(['iscsiadm', '--version'], { signal, onAbort: 'leave' })
  const version = versionIn(stdout)
  return { version, databaseRoot: await databaseRoot(host, version), loginNeverAnswers: version === '2.1.10' }
}

/** `iscsiadm version 2.1.8` */
export function versionIn(stdout: string): string | undefined {
  return /version ([0-9]+(?:\.[0-9]+)*)/.exec(stdout)?.[1]
}

async function databaseRoot(host: Host, version: string | undefined): Promise<string> {
  for (const root of [NEW_ROOT, OLD_ROOT]) {
    for (const part of ['nodes', 'send_targets', 'ifaces']) if ((await host.files.stat(`${root}/${part}`)) !== undefined) return root
  }
  return version !== undefined && compare(version, ROOT_MOVED) < 0 ? OLD_ROOT : NEW_ROOT
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
