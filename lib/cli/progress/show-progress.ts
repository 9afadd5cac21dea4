/** Shows running operations on standard error until their events end: as a live view on a terminal, elsewhere as a line now and then. */
import type { OperationEvent } from '../../index.js'
import type { Io } from '../io.js'
import type { Speaker } from '../speaker.js'
import { describeWait } from '../timeline.js'
import { LiveView } from './live-view.js'
import { progressLine, progressLines, type Wanted } from './progress-lines.js'
import { ProgressState } from './progress-state.js'

/** An operation that ends within this time is not shown. */
const SHORT_MS = 300
const DRAWN_EVERY_MS = 150
const SAID_EVERY_MS = 10_000

/** @param wanted how many paths the caller wants, as soon as that is known */
export async function showProgress(events: AsyncIterable<OperationEvent>, io: Io, speaker: Speaker, wanted: () => Wanted): Promise<void> {
  const state = new ProgressState()
  const shown = io.screen === undefined ? sayingLines(state, speaker, wanted) : drawing(state, io, io.screen, speaker, wanted)
  try {
    for await (const event of events) {
      state.apply(event, performance.now())
      if (event.type === 'waiting') speaker.aside(`brickwork: ${describeWait(event)}`)
    }
  } finally {
    shown[Symbol.dispose]()
  }
}

function drawing(state: ProgressState, io: Io, screen: NonNullable<Io['screen']>, speaker: Speaker, wanted: () => Wanted): Disposable {
  const view = new LiveView(io.stderr, screen, io.colours.stderr)
  speaker.view = view
  const draw = () => {
    const now = performance.now()
    const running = state.operations.filter(({ sinceMs }) => now - sinceMs >= SHORT_MS)
    if (running.length === 0) view.erase()
    else view.draw(running.flatMap((operation) => progressLines(operation, now, wanted())))
  }
  const timer = setInterval(draw, DRAWN_EVERY_MS)
  const atExit = screen.onExit(() => view.erase())
  const onContinue = screen.onContinue(() => view.forget())
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      view.erase()
      speaker.view = undefined
      atExit[Symbol.dispose]()
      onContinue[Symbol.dispose]()
    },
  }
}

function sayingLines(state: ProgressState, speaker: Speaker, wanted: () => Wanted): Disposable {
  const timer = setInterval(() => {
    const now = performance.now()
    for (const operation of state.operations)
      if (now - operation.sinceMs >= SAID_EVERY_MS / 2) speaker.aside(`brickwork: ${progressLine(operation, now, wanted())}`)
  }, SAID_EVERY_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
