/** What only multipathd knows of a path: its checker, the checker's last result, and the priority. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { Window } from '../../core/deadline.js'
import { until } from '../../core/signal.js'
import { askMultipathd, isWorthAsking, multipathdRuns } from './daemon.js'

export interface PathCheck {
  readonly checker?: string
  readonly checkerState?: string
  readonly priority?: number
}
export interface PathChecks {
  /** By name of the path device. */
  readonly checks: ReadonlyMap<string, PathCheck>
  readonly unseen: readonly string[]
}
/** For a healthy daemon. One that checks dead paths may hold its lock for seconds. */
const PATIENCE_MS = 500
/** The daemon is slow, or ends; another program has its socket, or there is no native part to ask with. */
const NO_ANSWER: ReadonlySet<string> = new Set(['ERR_TIMEOUT', 'ERR_DAEMON_UNREACHABLE', 'ERR_PERMISSION', 'ERR_NATIVE_UNAVAILABLE'])
/** The state comes last, since it may have a space (`i/o pending`). */
const COMMAND = 'show paths raw format "%d %p %c %T"'

export async function readPathChecks(host: Host, signal: AbortSignal): Promise<PathChecks> {
  const none = new Map<string, PathCheck>()
  if (!(await multipathdRuns(host))) return { checks: none, unseen: [] }
  const missing = { checks: none, unseen: ['checkers and priorities of paths (multipathd does not answer)'] }
  if (!(await isWorthAsking(host))) return missing
  using window = new Window(host.clock, PATIENCE_MS, signal, "multipathd's answer about paths")
  try {
    return { checks: parsePathChecks(await until(askMultipathd(host, COMMAND, window.signal), window.signal)), unseen: [] }
  } catch (error) {
    signal.throwIfAborted()
    if (isBrickworkError(error) && NO_ANSWER.has(error.code)) return missing
    throw error
  }
}

/** `sda 50 tur ready`. multipathd leaves out the checker of a path that has none. Lines of another form say nothing. */
export function parsePathChecks(text: string): ReadonlyMap<string, PathCheck> {
  const known = (word: string) => word !== '' && word !== 'undef' && word !== '(null)'
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, priority = '', checker = '', state = ''] = /^(\S+) (-?[0-9]+) (\S*) ([^\n]+)$/.exec(line.trimEnd()) ?? []
      if (name === undefined) return []
      const check = {
        ...(known(checker) ? { checker } : {}),
        ...(known(state) ? { checkerState: state } : {}),
        // libmultipath, PRIO_UNDEF
        ...(priority === '-1' ? {} : { priority: Number(priority) }),
      }
      return [[name, check] as const]
    }),
  )
}
