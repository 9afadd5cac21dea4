import type { AttachRequest } from '../../index.js'
import { absentFrom } from '../bench/absent.js'
import { reportOf } from '../bench/figures.js'
import { type Round, Rounds } from '../bench/rounds.js'
import { volumesIn } from '../bench/volumes.js'
import type { Given, Options, Task } from '../command.js'
import { describeConnection } from '../../forms.js'
import { benchLines } from '../text/bench.js'
import { columns } from '../text/layout.js'
import type { Line } from '../text/toned.js'
import { usageError } from '../usage-error.js'

const ROUNDS = 3
/** Of an attach and of a detach: the last volume of a storm waits for all others. */
const TIMEOUT_MS = 600_000

export async function prepareBench({ operands: [file], options, read }: Given): Promise<Task> {
  if (file === undefined) throw usageError('FILE', "'bench' needs a FILE, or - for standard input", 'bench')
  const requests = volumesIn(await read(file), file, options.policy)
  const plan = { rounds: options.rounds ?? ROUNDS, atOnce: Math.min(options.atOnce ?? requests.length, requests.length) }
  return async ({ attacher: open, call: { signal, timeoutMs = TIMEOUT_MS }, confirm, aside }) => {
    await confirm(planLines(requests, plan, options), 'Go on?')
    const attacher = await open()
    const rounds: Round[] = []
    const work = new Rounds(attacher, { signal, timeoutMs, atOnce: plan.atOnce, detachLine: detachLine(options), say: aside })
    for (let round = 0; round < plan.rounds; round += 1) {
      // Between two rounds somebody else may have attached one of them.
      await absentFrom(attacher, requests, { signal, timeoutMs })
      rounds.push(await work.round(requests))
    }
    const report = reportOf(rounds, { volumes: requests.length, ...plan })
    return { document: report, lines: benchLines(report) }
  }
}

function planLines(
  requests: readonly AttachRequest[],
  { rounds, atOnce }: { readonly rounds: number; readonly atOnce: number },
  { owner = 'default' }: Options,
): Line[] {
  const count = requests.length === 1 ? 'this volume' : `these ${requests.length} volumes`
  const repeated = rounds === 1 ? 'once' : `${rounds} times`
  const rows = requests.flatMap(({ id, connection }) => describeConnection(connection).map((path, index) => [index === 0 ? id : '', path]))
  return [
    `Attaches ${count} read-only to this host and detaches ${requests.length === 1 ? 'it' : 'them'} again, ${repeated}, for owner ${owner},`,
    `at most ${atOnce} at once. It logs in to their targets, and touches no other volume.`,
    ...columns(rows).map((line) => `  ${line}`),
  ]
}

/** The command that detaches a volume which an error or a kill has left. */
function detachLine({ owner, root, stateDir, runDir }: Options): (id: string) => string {
  const given = { owner, root, 'state-dir': stateDir, 'run-dir': runDir }
  const more = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${quoted(value)}`]))
  return (id) => `brickwork detach ${quoted(id)}${more.join('')}`
}
/** A word for a shell. */
function quoted(text: string): string {
  return /^[\w.:/@%+=,][\w.:/@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
