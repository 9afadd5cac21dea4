/** The only table of options: their names, arguments and help. */
export interface OptionRow {
  /** Its argument; absent for a switch. */
  readonly argument?: string
  readonly short?: string
  readonly help: string
  /** What completion offers for the argument. Default: nothing. */
  readonly completes?: 'file' | 'directory' | 'code' | readonly string[]
  /** Not specific to a command: the help lists it last. */
  readonly general?: true
}

export const optionTable = {
  id: { argument: 'ID', help: 'the name of the attachment; overrides the one in FILE' },
  connection: {
    argument: 'FILE',
    help: 'the connection of the volume, when its id is not known; - reads standard input',
    completes: 'file',
  },
  force: { help: 'also detach a device that a program has open without O_EXCL, or that cannot be flushed: data may be lost' },
  'if-missing': {
    argument: 'ok|error',
    help: 'what to do if it is not attached: ok succeeds, error fails with ERR_NOT_ATTACHED; default ok',
    completes: ['ok', 'error'],
  },
  encryption: {
    argument: 'caller',
    help: 'attach an encrypted volume of Cinder whose encryption the caller opens; without it, such a volume is refused',
    completes: ['caller'],
  },
  'leave-remaining': { help: 'leave objects of the attachment on this host; `recover` removes them later if nothing uses them' },
  'dry-run': { help: 'show what would be done, and do nothing' },
  size: { argument: 'SIZE', help: 'expected size: bytes, or 10G, 1.5T (powers of 1024); default: all paths must show the same size' },
  adopt: { help: 'make attachments of orphaned volumes that this owner created, instead of removing them' },
  'top-up': { help: 'wait until late paths have joined, failed or timed out; otherwise they are cancelled' },
  deep: { help: 'also run programs that only print, resolve host names, and send one INQUIRY to each disk' },
  login: { help: 'also log in to each portal of the connection that has no session, and log out again' },
  anonymous: { help: 'replace names of targets, WWIDs, serial numbers, addresses, host names and user names' },
  follow: { help: 'keep showing changes until interrupted, or until --timeout has passed' },
  cinder: { help: 'print the connector of this host for OpenStack, with the keys of os-brick' },
  ip: { argument: 'ADDRESS', help: 'with --cinder: the address of this host for storage' },
  host: { argument: 'NAME', help: 'with --cinder: the name of this host in OpenStack; default its host name' },
  multipath: { help: 'with --cinder: volumes are attached over several paths' },
  'enforce-multipath': { help: 'with --cinder: an attach without multipath fails' },
  'local-attach': { help: "with --cinder: Ceph's volumes are mapped as block devices" },
  columns: { argument: 'LIST', help: 'a table of the devices with these columns, separated by commas' },
  rounds: { argument: 'COUNT', help: 'how often all volumes are attached and detached; default 3' },
  'at-once': { argument: 'COUNT', help: 'how many volumes are attached or detached at once; default: all' },
  yes: { help: 'do not ask' },
  policy: { argument: 'JSON', help: `policy, as in a request: '{"ready":"kernel"}'; overrides the one in FILE` },
  trace: {
    argument: 'FILE',
    help: "write a trace of all steps in Chrome's trace format, for https://ui.perfetto.dev",
    completes: 'file',
  },
  timeout: { argument: 'TIME', help: 'deadline of the call: 500ms, 10s, 2m, 1h; default 60s' },
  owner: { argument: 'NAME', help: 'owner of the attachments; default "default"', general: true },
  root: {
    argument: 'DIR',
    help: 'where the root of the host is mounted, in a container; programs run in the namespaces of its process 1. Default: this host',
    completes: 'directory',
    general: true,
  },
  'state-dir': { argument: 'DIR', help: 'the journal of this owner; default /var/lib/brickwork', completes: 'directory', general: true },
  'run-dir': {
    argument: 'DIR',
    help: 'claims, locks and links of all owners; default /run/brickwork',
    completes: 'directory',
    general: true,
  },
  verbose: { help: 'print each step on standard error as it happens', general: true },
  json: { help: 'one JSON document on standard output; errors as JSON on standard error', general: true },
  help: { short: 'h', help: 'explain the command', general: true },
  version: { short: 'V', help: 'print the version', general: true },
  explain: { argument: 'CODE', help: 'explain an error code, such as ERR_HELD', completes: 'code', general: true },
} as const satisfies Record<string, OptionRow>

export type OptionName = keyof typeof optionTable

/** Options of each command that reads the host. */
export const hostOptions: readonly OptionName[] = ['root', 'state-dir', 'run-dir']
/** Options of each command that works with an attacher. */
export const attacherOptions: readonly OptionName[] = ['timeout', 'owner', ...hostOptions, 'verbose']
/** Options of `brickwork` without a command. */
export const globalOptions: readonly OptionName[] = ['help', 'version', 'explain']

export function rowOf(name: OptionName): OptionRow {
  return optionTable[name]
}

/** All options of a command, in the order of the table. */
export function optionsOf({ options, answers }: { readonly options: readonly OptionName[]; readonly answers: string }): OptionName[] {
  const own = new Set<OptionName>([...options, 'help', ...(answers === 'text' ? [] : (['json'] as const))])
  return (Object.keys(optionTable) as OptionName[]).filter((name) => own.has(name))
}
