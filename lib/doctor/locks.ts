/** Brickwork's own locks: a process that keeps one stops every other operation on the attachment. */
import { holderInWords, secondsInWords } from '../core/waiting-words.js'
import { allLockHolders, type HeldLock } from '../operation/wait-holders.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'

/** An operation ends within its deadline, 60 s by default, and the time of its rollback. */
const LONG_MS = 300_000
const MOST_SHOWN = 5

export const lockChecks: readonly HostCheck[] = [
  {
    id: 'state.locks',
    group: 'state',
    title: `no process keeps a lock of Brickwork for more than ${LONG_MS / 60_000} minutes`,
    reads: '`locks/*.lock` of the run directory, `/proc/locks`',
    run: locks,
  },
]

async function locks({ host, runDir }: CheckContext): Promise<Finding> {
  const directory = `${runDir}/locks`
  const held = await allLockHolders(host, directory)
  const now = host.clock.wallMs()
  const evidence = (some: readonly HeldLock[]) =>
    some.slice(0, MOST_SHOWN).map(({ file, holder }) => seen(file, holderInWords(holder, now)))
  const ageMs = ({ holder }: HeldLock) => (holder.sinceMs === undefined ? undefined : now - holder.sinceMs)
  const long = held.filter((lock) => (ageMs(lock) ?? 0) > LONG_MS).sort((a, b) => (ageMs(b) ?? 0) - (ageMs(a) ?? 0))
  const [oldest] = long
  if (oldest !== undefined) {
    const { pid, id } = oldest.holder
    const process = pid ?? 'PID'
    return warning(
      `Process ${process} has kept a lock for ${secondsInWords(ageMs(oldest) ?? 0)}: other operations on ${id === undefined ? 'the same thing' : `attachment ${JSON.stringify(id)}`} wait, and end with ERR_BUSY`,
      evidence(long),
      `Find out what the process waits for (cat /proc/${process}/stack; its log). If it hangs, end it (kill ${process}): the kernel frees the lock, and brickwork recover finishes its work`,
    )
  }
  const silent = held.filter((lock) => ageMs(lock) === undefined)
  if (silent.length > 0)
    return note('Processes have locks, and do not say since when: another version of Brickwork, or locks of a moment', evidence(silent))
  return held.length === 0
    ? ok('No process has a lock', [seen(directory, 'no lock that is held')])
    : ok(`${held.length} ${held.length === 1 ? 'lock is' : 'locks are'} held, none for long`, evidence(held))
}
