/** Runs one command, from its arguments to its exit code. */
import { errorTable } from '../core/error-table.js'
import { isBrickworkError } from '../core/errors.js'
import { until } from '../core/signal.js'
import type { Attacher, AttacherOptions } from '../index.js'
import type { Options, Task } from './command.js'
import { type CommandLine, parseCommandLine, wantsJson } from './command-line.js'
import type { Io } from './io.js'
import { Speaker } from './speaker.js'
import { followEvents } from './timeline.js'

export type CreateAttacher = (options: AttacherOptions) => Promise<Attacher>
const DONE = 0
const FAILED = 1

export async function run(argv: readonly string[], io: Io, createAttacher: CreateAttacher): Promise<number> {
  const speaker = new Speaker(io, wantsJson(argv), argv.includes('--verbose'))
  try {
    const line = parseCommandLine(argv)
    if (line.kind === 'print') {
      io.stdout(line.text)
      return DONE
    }
    return await carryOut(line, io, speaker, createAttacher)
  } catch (error) {
    speaker.fail(error)
    return exitCodeOf(error)
  }
}

async function carryOut(
  { command, operands, options }: Extract<CommandLine, { kind: 'run' }>,
  io: Io,
  speaker: Speaker,
  createAttacher: CreateAttacher,
): Promise<number> {
  const read = (file: string) => until(io.read(file, io.signal), io.signal)
  const task = await command.prepare({ operands, options, read })
  const attacher = await createAttacher(attacherOptions(options, speaker))
  const story = options.verbose ? followEvents(attacher.events(), options.json, (text) => speaker.aside(text)) : Promise.resolve()
  const code = await perform(task, attacher, options, io, speaker)
  await speaker.sayIfLong(
    'waiting for running work to end (interrupt twice to leave it to `brickwork recover`)',
    closing(attacher, options, io.signal),
  )
  await story
  return code
}

/** Waits for late paths only with `--top-up`, until they have joined or the user interrupts. */
async function closing(attacher: Attacher, { topUp }: Options, signal: AbortSignal): Promise<void> {
  if (topUp) await until(attacher.close({ latePaths: 'wait' }), signal).catch(() => undefined)
  await attacher.close()
}

/** Prints the answer or the error as soon as it is known. The caller waits for work that continues after that. */
async function perform(task: Task, attacher: Attacher, { timeoutMs }: Options, io: Io, speaker: Speaker): Promise<number> {
  try {
    const call = { signal: io.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    const answer = await task(attacher, call, (each) => speaker.tell(each))
    await speaker.turn()
    if (answer !== undefined) speaker.answer(answer)
    return answer?.unfinished === true ? FAILED : DONE
  } catch (error) {
    await speaker.turn()
    speaker.fail(error)
    return exitCodeOf(error)
  }
}

/** A defect that threw something else counts as a failure. */
function exitCodeOf(error: unknown): number {
  return isBrickworkError(error) ? errorTable[error.code].exitCode : FAILED
}

function attacherOptions({ stateDir, runDir, owner, policy, trace }: Options, speaker: Speaker): AttacherOptions {
  return {
    log: speaker.log,
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(runDir === undefined ? {} : { runDir }),
    ...(owner === undefined ? {} : { owner }),
    ...(policy === undefined ? {} : { policy }),
    ...(trace === undefined ? {} : { trace }),
  }
}
