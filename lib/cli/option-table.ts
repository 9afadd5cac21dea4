/** The only table of options: their names, arguments and help. */
export interface OptionRow {
  /** Its argument; absent for a switch. */
  readonly argument?: string
  readonly short?: string
  readonly help: string
}

export const optionTable = {
  id: { argument: 'ID', help: 'the name of the attachment; overrides the one in FILE' },
  connection: { argument: 'FILE', help: 'the connection of the volume, when its id is not known; - reads standard input' },
  force: { help: 'also detach a device that a program has open without O_EXCL, or that cannot be flushed: data may be lost' },
  'dry-run': { help: 'show what would be done, and do nothing' },
  size: { argument: 'BYTES', help: 'expected size; without it all paths must show the same size' },
  adopt: { help: 'make attachments of orphaned volumes that this owner created, instead of removing them' },
  'top-up': { help: 'wait until late paths have joined, failed or timed out; otherwise they are cancelled' },
  follow: { help: 'keep showing changes until interrupted, or until --timeout has passed' },
  'state-dir': { argument: 'DIR', help: 'the journal of this owner; default /var/lib/brickwork' },
  'run-dir': { argument: 'DIR', help: 'claims, locks and links of all owners; default /run/brickwork' },
  owner: { argument: 'NAME', help: 'owner of the attachments; default "default"' },
  timeout: { argument: 'TIME', help: 'deadline of the call: 500ms, 10s, 2m; default 60s' },
  policy: { argument: 'JSON', help: `policy, as in a request: '{"ready":"kernel"}'; overrides the one in FILE` },
  trace: { argument: 'FILE', help: "write a trace of all steps in Chrome's trace format, for https://ui.perfetto.dev" },
  json: { help: 'one JSON document on standard output; errors as JSON on standard error' },
  verbose: { help: 'print each step on standard error as it happens' },
  help: { short: 'h', help: 'explain the command' },
  version: { help: 'print the version' },
} as const satisfies Record<string, OptionRow>

export type OptionName = keyof typeof optionTable

/** Options of every command. */
export const commonOptions: readonly OptionName[] = [
  'state-dir',
  'run-dir',
  'owner',
  'timeout',
  'policy',
  'trace',
  'json',
  'verbose',
  'help',
  'version',
]
