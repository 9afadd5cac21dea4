/** Runs one command, from its arguments to its exit code. */
import type { Host } from '../core/host.js'
import { until } from '../core/signal.js'
import type { PartialPolicy } from '../index.js'
import { type CommandLine, parseCommandLine, type ParsedOptions, wantsJson } from './command-line.js'
import type { Answer, Options, Task } from './command.js'
import { completion } from './completion.js'
import { explain } from './explain.js'
import { DONE, exitCodeOf, FAILED } from './exit-code.js'
import { help } from './help.js'
import { hostBelow } from './host-below.js'
import type { Io, LostOutput } from './io.js'
import { RunningSession } from './session.js'
import { Speaker } from './speaker.js'
import { version } from './version.js'

/** @param host the host of a test. Default: this host */
export async function run(argv: readonly string[], io: Io, host?: Host): Promise<number> {
  const speaker = new Speaker(io, wantsJson(argv), argv.includes('--verbose'))
  let [code, changed] = [DONE, false]
  try {
    const line = parseCommandLine(argv)
    changed = line.kind === 'run' && line.command.changesHost === true
    code = await carryOut(line, io, speaker, host)
  } catch (error) {
    speaker.fail(error)
    code = exitCodeOf(error)
  }
  await io.flushed()
  if (!io.outputLost.aborted || code !== DONE) return code
  const reason = io.outputLost.reason as LostOutput
  if (speaker.streams && reason.errno === 'EPIPE') return DONE
  speaker.lost(reason, changed)
  return FAILED
}

async function carryOut(line: CommandLine, io: Io, speaker: Speaker, host: Host | undefined): Promise<number> {
  switch (line.kind) {
    case 'help':
      return say(io, help(line.topics))
    case 'version':
      return say(io, `${version()}\n`)
    case 'explain':
      return say(io, explain(line.code))
    case 'completion':
      return say(io, await completion(line.operands, host))
    case 'run':
      return await perform(line, io, speaker, host)
  }
}
function say(io: Io, text: string): number {
  io.stdout(text)
  return DONE
}

async function perform(
  { command, operands, options: parsed }: Extract<CommandLine, { kind: 'run' }>,
  io: Io,
  speaker: Speaker,
  host: Host | undefined,
): Promise<number> {
  const options = await checked(parsed)
  const read = (file: string) => until(io.read(file, io.signal), io.signal)
  const machine = host ?? (await hostBelow(options.root, speaker.log))
  const task = await command.prepare({ operands, options, read, host: machine })
  const queryOnly = command.changesHost !== true || options.dryRun
  await using session = new RunningSession(options, io, speaker, machine, queryOnly)
  return await answerOf(task, session, speaker)
}

/** Prints the answer or the error as soon as it is known. The session's end waits for work that continues after that. */
async function answerOf(task: Task, session: RunningSession, speaker: Speaker): Promise<number> {
  let answer: Answer | undefined
  try {
    answer = await task(session)
  } catch (error) {
    await session.turn()
    speaker.fail(error)
    return exitCodeOf(error)
  }
  await session.turn()
  if (answer !== undefined) speaker.answer(answer)
  return answer?.unfinished === true ? FAILED : DONE
}

/** Only a policy needs the schemas of the library. */
async function checked({ policy, ...options }: ParsedOptions): Promise<Options> {
  return { ...options, policy: policy === undefined ? undefined : await policyOf(policy) }
}
async function policyOf(policy: unknown): Promise<PartialPolicy> {
  const { checkedPolicy } = await import('./policy-option.js')
  return checkedPolicy(policy)
}
