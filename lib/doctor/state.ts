/** Brickwork's own directories: journal, claims, and what interrupted operations left. */
import type { Host } from '../core/host.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, problem, seen, warning } from '../operation/host-check.js'
import { type EntryFiles, readClaimFiles, readJournalFiles } from './entry-files.js'
import { hostMounts, mountOf } from './mounts-seen.js'

const FOR_OTHERS = 0o077
const IN_MEMORY = ['tmpfs', 'ramfs']
const MOST_SHOWN = 5

export const stateChecks: readonly HostCheck[] = [
  {
    id: 'state.directory',
    group: 'state',
    title: 'the journal is on a disk that survives reboots',
    reads: 'the state directory, `/proc/1/mountinfo`',
    run: stateDirectory,
  },
  {
    id: 'state.run-directory',
    group: 'state',
    title: 'claims and locks are gone after a reboot',
    reads: 'the run directory, `/proc/1/mountinfo`',
    run: runDirectory,
  },
  {
    id: 'state.journal',
    group: 'state',
    title: 'every entry of the journal can be read',
    reads: '`attachments/*.json` of the state directory',
    run: async (context) => unreadable('journal', await context.once(readJournalFiles)),
  },
  {
    id: 'state.claims',
    group: 'state',
    title: 'every claim can be read',
    reads: '`claims/*.json` of the run directory',
    run: async (context) => unreadable('claims', await context.once(readClaimFiles)),
  },
  {
    id: 'state.interrupted',
    group: 'state',
    title: 'no operation was interrupted',
    reads: 'journal, `/proc/PID`, boot id',
    run: interrupted,
  },
  {
    id: 'state.pending',
    group: 'state',
    title: 'no work of a daemon is overdue',
    reads: 'journal',
    run: overdue,
  },
  {
    id: 'state.owners',
    group: 'state',
    title: 'other owners on this host',
    reads: 'claims',
    run: otherOwners,
  },
]

async function stateDirectory(context: CheckContext): Promise<Finding> {
  const { stateDir } = context
  const wrong = await notUsable(context, stateDir)
  if (wrong !== undefined) return wrong
  const { evidence, fsType, mode } = await place(context, stateDir)
  if (IN_MEMORY.includes(fsType))
    return warning(
      `${stateDir} is in memory (${fsType}): a reboot loses the journal`,
      evidence,
      'Use a directory on a disk (stateDir, --state-dir)',
    )
  if (fsType === 'overlay')
    return warning(
      `${stateDir} is in the container's own layer: it is lost with the container`,
      evidence,
      'Mount a directory of the host there',
    )
  if (mode === undefined) return ok(`${stateDir} does not exist yet; the first attach creates it`, evidence)
  return (mode & FOR_OTHERS) === 0
    ? ok(`${stateDir} is on ${fsType}`, evidence)
    : warning(`Other users may enter ${stateDir} (mode ${mode.toString(8)})`, evidence, `Close it to them (chmod 700 ${stateDir})`)
}
async function runDirectory(context: CheckContext): Promise<Finding> {
  const { runDir } = context
  const wrong = await notUsable(context, runDir)
  if (wrong !== undefined) return wrong
  const { evidence, fsType, mode } = await place(context, runDir)
  if (!IN_MEMORY.includes(fsType))
    return warning(
      `${runDir} is on ${fsType}, which survives a reboot; claims must not`,
      evidence,
      "Use a directory on tmpfs, such as the host's /run (runDir, --run-dir)",
    )
  return ok(mode === undefined ? `${runDir} does not exist yet; the first attach creates it` : `${runDir} is on ${fsType}`, evidence)
}

/** A file in place of the directory, or a file system that cannot be written. */
async function notUsable(context: CheckContext, directory: string): Promise<Finding | undefined> {
  const there = await nearest(context.host, directory)
  const stat = await context.host.files.stat(there)
  if (stat !== undefined && stat.type !== 'directory')
    return problem('ERR_STATE', `${there} is not a directory`, [seen(there, stat.type)], `Move ${there} away, or use another directory`)
  const { evidence, readOnly, where } = await place(context, directory)
  return readOnly
    ? problem(
        'ERR_STATE',
        `${directory} is on a file system that is mounted read-only`,
        evidence,
        `Mount ${where} read-write, or use another directory`,
      )
    : undefined
}
async function place(context: CheckContext, directory: string) {
  const { file, mounts } = await context.once(hostMounts)
  const there = await nearest(context.host, directory)
  const mount = mountOf(mounts, there)
  const mode = there === directory ? (await context.host.files.stat(directory))?.mode : undefined
  const fsType = mount?.fsType ?? 'unknown'
  const evidence = [
    seen(directory, mode === undefined ? undefined : `mode ${mode.toString(8).padStart(4, '0')}`),
    seen(file, mount === undefined ? undefined : `${mount.where} ${fsType} ${mount.readOnly ? 'ro' : 'rw'}`),
  ]
  return { evidence, fsType, mode, readOnly: mount?.readOnly === true, where: mount?.where ?? '/' }
}
/** The directory itself, or the nearest one above it that exists, with links resolved. */
async function nearest(host: Host, directory: string): Promise<string> {
  for (let path = directory; path !== '' && path !== '/'; path = path.slice(0, path.lastIndexOf('/'))) {
    const real = await host.files.resolve(path)
    if (real !== undefined) return real
  }
  return '/'
}

function unreadable(what: 'journal' | 'claims', { directory, entries, errors }: EntryFiles): Finding {
  if (errors.length === 0)
    return ok(`${entries.length} entries of the ${what}, all readable`, [seen(directory, `${entries.length} entries`)])
  return problem(
    'ERR_STATE',
    `${errors.length} of ${entries.length + errors.length} files of the ${what} cannot be read`,
    errors.slice(0, MOST_SHOWN).map(({ file, why }) => seen(file, why)),
    what === 'journal'
      ? `Look at the files, move them away (mv ${errors[0]?.file ?? 'FILE'} /root/), then run \`brickwork recover\`; a file of a newer version needs that version`
      : 'Run `brickwork recover`, which writes lost claims again; a file of a newer version needs that version',
  )
}

async function interrupted(context: CheckContext): Promise<Finding> {
  const { entries, directory } = await context.once(readJournalFiles)
  const boot = await context.host.files.read('/proc/sys/kernel/random/boot_id')
  const left = await Promise.all(
    entries.map(async ({ file, entry }) => {
      if (entry.state === 'detached') return []
      if (entry.boot !== boot) return [seen(file, `${entry.id}: ${entry.state}, in an earlier boot`)]
      if (entry.state === 'attached') return []
      const runs = (await context.host.files.stat(`/proc/${entry.pid}`)) !== undefined
      return runs ? [] : [seen(file, `${entry.id}: ${entry.state}, by process ${entry.pid}, which has ended`)]
    }),
  )
  const evidence = left.flat()
  if (evidence.length === 0) return ok('No operation was interrupted', [seen(directory, `${entries.length} entries`)])
  return warning(
    `${evidence.length} ${evidence.length === 1 ? 'attachment was' : 'attachments were'} interrupted by the end of a process or a reboot: what they use may be left on the host`,
    evidence.slice(0, MOST_SHOWN),
    'Show what a recovery would do (brickwork recover --dry-run), then run it (brickwork recover)',
  )
}

async function overdue(context: CheckContext): Promise<Finding> {
  const { entries, directory } = await context.once(readJournalFiles)
  const now = context.host.clock.wallMs()
  const late = entries.flatMap(({ file, entry }) =>
    entry.pending
      .filter(({ untilMs }) => untilMs < now)
      .map(({ kind }) => seen(file, `${entry.id}: ${kind}, overdue by ${Math.round((now - entry.atMs) / 1000)} s`)),
  )
  return late.length === 0
    ? ok('No work of a daemon is overdue', [seen(directory, `${entries.length} entries`)])
    : warning(
        `${late.length} ${late.length === 1 ? 'request to a daemon is' : 'requests to daemons are'} overdue: a session may have come up that nobody uses`,
        late.slice(0, MOST_SHOWN),
        'Resolve them (brickwork recover --dry-run, then brickwork recover)',
      )
}

async function otherOwners(context: CheckContext): Promise<Finding> {
  const [claims, journal] = await Promise.all([context.once(readClaimFiles), context.once(readJournalFiles)])
  const own = new Set(journal.entries.map(({ entry }) => entry.owner))
  const counts = new Map<string, number>()
  for (const { entry } of claims.entries) counts.set(entry.owner, (counts.get(entry.owner) ?? 0) + 1)
  const others = [...counts].filter(([owner]) => own.size > 0 && !own.has(owner))
  const evidence = [...counts].map(([owner, count]) => seen(claims.directory, `${owner}: ${count} ${count === 1 ? 'claim' : 'claims'}`))
  return others.length === 0 && counts.size <= 1
    ? ok('No other owner attaches volumes', evidence)
    : note(`${counts.size} owners have claims on this host: each recovers and lists only its own attachments (--owner)`, evidence)
}
