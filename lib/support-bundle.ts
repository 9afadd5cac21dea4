/** One document with everything that a person needs to find out what is wrong on a host. */
import type { DoctorReport } from './api/doctor.js'
import type { HostIdentity } from './api/identity.js'
import type { BlockTopology } from './api/topology.js'
import { isBrickworkError } from './core/errors.js'
import { type OptionKinds, requireKnownOptions } from './core/known-options.js'
import type { FolderSummary } from './api/doctor.js'
import { doctor, type DoctorOptions } from './doctor.js'
import { RUN_DIR, STATE_DIR } from './operation/directories.js'
import { ownHost } from './own-host.js'
import { enumerate, identity } from './queries.js'

/** Options of {@link supportBundle}. */
export interface SupportBundleOptions extends Omit<DoctorOptions, 'login'> {
  /**
   * Replaces names of targets (IQN, NQN), WWIDs, serial numbers, addresses, host names and user names. The same name gets the same
   * replacement everywhere (`target-1`). Ids of attachments, names of devices and mount points stay.
   * @default false
   */
  readonly anonymous?: boolean | undefined
}
/** Result of {@link supportBundle}. It contains no secrets. */
export interface SupportBundle {
  /** Version of this document's form. */
  readonly schema: 1
  /** Versions and the platform of this process. */
  readonly process: {
    /** Version of Node.js: `v22.1.0`. */
    readonly node: string
    /** Architecture: `x64`, `arm64`. */
    readonly arch: string
  }
  /** When it was made, in the form of ISO 8601. */
  readonly madeAt: string
  /** The doctor's report; with what failed in its place. */
  readonly doctor: DoctorReport | BundleFailure
  /** Names of the host. */
  readonly identity: HostIdentity | BundleFailure
  /** Block storage of the host. */
  readonly topology: BlockTopology | BundleFailure
  /** Entries of the journal, without secrets. */
  readonly journal: FolderSummary
  /** Claims of all owners, without secrets. */
  readonly claims: FolderSummary
  /** Short files of the kernel by name; `null`: missing or unreadable. */
  readonly kernel: Readonly<Record<string, string | null>>
}
/** Why a part of the bundle is missing. */
export interface BundleFailure {
  /** Code and message of the error. */
  readonly failed: string
}

const bundleKinds: OptionKinds<SupportBundleOptions> = {
  host: 'any',
  stateDir: 'text',
  runDir: 'text',
  connection: 'any',
  deep: 'boolean',
  anonymous: 'boolean',
  timeoutMs: 'any',
  signal: 'signal',
}

/**
 * Collects the doctor's report, the identity and topology of the host, journal, claims and facts about the kernel. It changes nothing. A part
 * that cannot be read says why. No secret is in it: neither of connections nor of records, settings, environment or command lines.
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` for a wrong option. Rejects with the signal's reason if it aborts.
 */
export async function supportBundle(options: SupportBundleOptions = {}): Promise<SupportBundle> {
  requireKnownOptions(options, bundleKinds, 'supportBundle()')
  const { anonymous: isAnonymous, ...checked } = options
  const { stateDir = STATE_DIR, runDir = RUN_DIR, signal } = options
  const host = options.host ?? ownHost()
  const common = { host, stateDir, runDir, ...(signal === undefined ? {} : { signal }) }
  const [{ collectEntries, collectKernelFacts }, { anonymous }, { knownNames }, { withoutSecrets }] = await Promise.all([
    import('./doctor/bundle/collect.js'),
    import('./doctor/bundle/anonymous.js'),
    import('./doctor/bundle/known-names.js'),
    import('./doctor/bundle/without-secrets.js'),
  ])
  /** A part, or why it is missing. */
  const part = async <T extends object>(query: Promise<T>): Promise<T | BundleFailure> => {
    try {
      return withoutSecrets(await query) as T
    } catch (error) {
      signal?.throwIfAborted()
      if (!isBrickworkError(error)) throw error
      return { failed: `${error.code}: ${error.message}` }
    }
  }
  const [report, who, topology, { parsed: journaled, ...journal }, { parsed: claimed, ...claims }, kernel] = await Promise.all([
    doctor({ ...checked, host }),
    part(identity(common)),
    part(enumerate(common)),
    collectEntries(host, `${stateDir}/attachments`),
    collectEntries(host, `${runDir}/claims`),
    collectKernelFacts(host),
  ])
  signal?.throwIfAborted()
  const bundle: SupportBundle = {
    schema: 1,
    process: { node: globalThis.process.version, arch: globalThis.process.arch },
    madeAt: new Date(host.clock.wallMs()).toISOString(),
    doctor: report,
    identity: who,
    topology: jsonOf(topology),
    journal,
    claims,
    kernel,
  }
  if (isAnonymous !== true) return bundle
  const names = knownNames('failed' in who ? undefined : who, 'failed' in topology ? NOTHING : topology, [...journaled, ...claimed])
  return anonymous(bundle, names)
}
const NOTHING: BlockTopology = {
  hosts: [],
  sessions: [],
  remotePorts: [],
  scsiDevices: [],
  subsystems: [],
  controllers: [],
  devices: [],
  unseen: [],
}

/** `udev` of a device is parsed when it is read, and counts only as a property then. */
function jsonOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
