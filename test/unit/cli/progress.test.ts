/** What a person sees of a running operation. */
import { expect, test, vi } from 'vitest'

import { LiveView } from '../../../lib/cli/progress/live-view.js'
import { progressLine, progressLines } from '../../../lib/cli/progress/progress-lines.js'
import { ProgressState } from '../../../lib/cli/progress/progress-state.js'
import { showProgress } from '../../../lib/cli/progress/show-progress.js'
import { Speaker } from '../../../lib/cli/speaker.js'
import { type Line, textOfLine, toned } from '../../../lib/cli/text/toned.js'
import type { OperationEvent, Outcome, StepName } from '../../../lib/index.js'
import { TestScreen } from './screen.js'

const [A, B, C] = ['192.0.2.10:3260', '192.0.2.11:3260', '192.0.2.12:3260'] as const
const common = { at: 0, id: 'vol-1' }
const started: OperationEvent = { ...common, type: 'operation:start', operation: 'attach' }
const begun = (step: StepName, path?: string): OperationEvent => ({
  ...common,
  type: 'step:start',
  step,
  ...(path === undefined ? {} : { path }),
})
const ended = (step: StepName, path?: string, outcome: Outcome = 'ok'): OperationEvent => ({
  ...common,
  type: 'step:end',
  step,
  ms: 1,
  outcome,
  ...(path === undefined ? {} : { path }),
})

/** Lines after events that came a second after another. */
function shown(events: readonly OperationEvent[], wanted: number | 'all' = 'all') {
  const state = new ProgressState()
  for (const [second, event] of [started, ...events].entries()) state.apply(event, second * 1000)
  const now = (events.length + 1) * 1000
  const lines = state.operations.map((operation) => progressLines(operation, now, wanted).map(textOfLine))
  return { lines: lines.flat(), line: state.operations.map((operation) => progressLine(operation, now, wanted))[0], state }
}

test('an attach shows each path with its step and its time, and what is waited for', () => {
  const events = [
    begun('login', A),
    begun('probe', B),
    begun('login', C),
    ended('login', A),
    ended('probe', B, 'ERR_TARGET_UNREACHABLE'),
    begun('verify', A),
    ended('verify', A),
  ]
  expect(shown(events).lines).toEqual([
    'attach of vol-1: 1 of 3 paths up, 8.0 s',
    '  192.0.2.10:3260  up',
    '  192.0.2.11:3260  failed: ERR_TARGET_UNREACHABLE',
    '  192.0.2.12:3260  login                           5.0 s',
    '  waiting for the target to accept the login',
  ])
  expect(shown(events, 2).lines[0]).toBe('attach of vol-1: 1 of 2 wanted paths up, 8.0 s')
  expect(shown(events, 7).lines[0]).toBe('attach of vol-1: 1 of 3 paths up, 8.0 s')
  expect(shown(events).line).toBe(
    'attach of vol-1: 1 of 3 paths up after 8.0 s; waiting for the target to accept the login (192.0.2.12:3260)',
  )
})

test('a step of the operation itself comes before those of its paths; it is no path', () => {
  const events = [begun('resolve-paths', 'storage.example'), begun('login', A)]
  expect(shown(events).lines).toEqual([
    'attach of vol-1: 0 of 1 paths up, 3.0 s',
    '  192.0.2.10:3260  login  1.0 s',
    '  waiting for the name of a portal to be resolved',
  ])
  expect(shown([...events, ended('resolve-paths', 'storage.example')]).lines.at(-1)).toBe('  waiting for the target to accept the login')
  expect(shown([begun('wait-for-portal', A)]).lines.at(-1)).toBe('  waiting for other operations: portal')
  expect(shown([]).lines).toEqual(['attach of vol-1: 1.0 s'])
  expect(shown([]).line).toBe('attach of vol-1: it runs after 1.0 s')
})

test('a step that several parts of an operation are in is over when the last of them has left it', () => {
  const events = [begun('logout'), begun('logout'), ended('logout')]
  expect(shown(events).lines.at(-1)).toBe('  waiting for the target to accept the logout')
  expect(shown([...events, ended('logout')]).lines).toEqual(['attach of vol-1: 5.0 s'])
})

test('a step that is repeated counts as one, and a path that failed may come up after all', () => {
  const repeated = [begun('scan', A), ended('scan', A), begun('scan', A), ended('scan', A), begun('scan', A)]
  expect(shown(repeated).lines[1]).toBe('  192.0.2.10:3260  scan  5.0 s')
  const again = [begun('login', A), ended('login', A, 'ERR_TIMEOUT'), begun('login', A)]
  expect(shown(again).lines[1]).toBe('  192.0.2.10:3260  login  1.0 s')
  expect(shown([begun('login', A), ended('login', A, 'ERR_ABORTED')]).lines[1]).toBe('  192.0.2.10:3260  cancelled')
})

test('a path that fails between two steps is known by the note about it', () => {
  const note = (fields: Readonly<Record<string, unknown>>): OperationEvent => ({
    ...common,
    type: 'note',
    message: 'a path failed',
    fields,
  })
  expect(shown([begun('scan', A), ended('scan', A), note({ path: A, code: 'ERR_LUN_NOT_FOUND' })]).lines[1]).toBe(
    '  192.0.2.10:3260  failed: ERR_LUN_NOT_FOUND',
  )
  expect(shown([begun('scan', A), note({ path: B, code: 'ERR_LUN_NOT_FOUND' }), note({ path: A, code: 'soon' })]).lines[1]).toContain(
    'scan',
  )
})

test('an operation that has ended is not shown, and neither are events of others', () => {
  const end: OperationEvent = { ...common, type: 'operation:end', operation: 'attach', outcome: 'ok', ms: 1 }
  expect(shown([begun('login', A), end, begun('login', B)]).lines).toEqual([])
  expect(shown([{ ...started, type: 'step:start', step: 'login', path: B, id: 'other' }]).lines).toEqual(['attach of vol-1: 2.0 s'])
})

function view({ columns = 40, rows = 10, colours = false } = {}) {
  const size = { columns, rows }
  const screen = new TestScreen(columns)
  const nothing = { [Symbol.dispose]: () => undefined }
  const written: string[] = []
  const write = (text: string) => {
    written.push(text)
    screen.write(text.replaceAll('\n', '\r\n'))
  }
  const port = { size: () => size, onExit: () => nothing, onContinue: () => nothing }
  write('$ brickwork attach\n')
  return { live: new LiveView(write, port, colours), screen, write, written, size }
}
const BEFORE = '$ brickwork attach'

test('each picture takes the place of the one before, longer or shorter, and the last one leaves nothing', () => {
  const { live, screen } = view()
  for (const lines of [['one', 'two longer', 'three'], ['one', 'two'], ['o'], ['one', 'two', 'three', 'four']]) {
    live.draw(lines)
    expect(screen.rows).toEqual([BEFORE, ...lines])
    expect(screen.cursor).toEqual({ row: lines.length + 1, column: 0 })
  }
  live.erase()
  live.erase()
  expect(screen.rows).toEqual([BEFORE])
  expect(screen.cursor).toEqual({ row: 1, column: 0 })
  expect(screen.strange).toEqual([])
})

test('text that others write between two pictures stays above the next one', () => {
  const { live, screen, write } = view()
  live.draw(['one', 'two'])
  live.erase()
  write('brickwork: warning\n')
  live.draw(['one'])
  expect(screen.rows).toEqual([BEFORE, 'brickwork: warning', 'one'])
})

test('after the process was stopped and continued, what is on the screen is left alone', () => {
  const { live, screen, write } = view()
  live.draw(['one', 'two'])
  write('[1]+  Stopped\n')
  live.forget()
  live.draw(['one'])
  expect(screen.rows).toEqual([BEFORE, 'one', 'two', '[1]+  Stopped', 'one'])
  live.erase()
  expect(screen.rows).toEqual([BEFORE, 'one', 'two', '[1]+  Stopped'])
})

test.each([1, 2, 7, 12, 13, 20, 39])('on %i columns no line is wrapped, whatever it has', (columns) => {
  const { live, screen } = view({ columns: Math.max(columns, 1) })
  const lines: Line[] = ['a line of many words', [toned('bad', 'データ'.repeat(9)), 'x'], 'e\u0301'.repeat(60), 'two\nlines']
  const top = screen.cursor.row
  live.draw(lines)
  expect(screen.cursor).toEqual({ row: top + lines.length, column: 0 })
  live.erase()
  expect(screen.cursor).toEqual({ row: top, column: 0 })
})

test.each([2, 3, 4, 5])('on %i rows nothing is scrolled away, and the number of missing lines is said', (rows) => {
  const { live, screen } = view({ rows })
  const lines = ['title', 'a', 'b', 'c', 'd', 'e']
  live.draw(lines)
  const drawn = screen.rows.slice(1)
  expect(drawn.length).toBe(rows - 1)
  expect(drawn[0]).toBe('title')
  if (rows > 2) expect(drawn.at(-1)).toBe(`  … ${lines.length - rows + 2} more lines`)
})

test('a terminal that has become narrower has wrapped what was drawn: all of it is erased', () => {
  const { live, size, written } = view({ columns: 40 })
  live.draw(['x'.repeat(39), 'short'])
  size.columns = 20
  live.erase()
  expect(written.at(-1)).toBe('\r\u001b[3A\u001b[J')
})

test('control characters of a name do not reach the terminal, with or without colours', () => {
  for (const colours of [false, true]) {
    const { live, screen } = view({ colours })
    live.draw([['vol\u001b[2J\u0007\u009b3A\r', toned('good', '\u001b]0;title\u0007\b')]])
    expect(screen.rows).toEqual([BEFORE, 'vol?[2J??3A??]0;title??'])
    expect(screen.strange).toEqual([])
  }
})

/** Shows the events that `next` yields, on virtual time. */
async function show(hasScreen: boolean, play: (push: (event: OperationEvent) => Promise<void>, screen: TestScreen) => Promise<void>) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  try {
    const screen = new TestScreen(80)
    const exits = new Set<() => void>()
    const port = {
      size: () => ({ columns: 80, rows: 24 }),
      onExit: (act: () => void) => {
        exits.add(act)
        return { [Symbol.dispose]: () => void exits.delete(act) }
      },
      onContinue: () => ({ [Symbol.dispose]: () => undefined }),
    }
    const io = {
      stdout: () => undefined,
      stderr: (text: string) => screen.write(text.replaceAll('\n', '\r\n')),
      colours: { stdout: false, stderr: false },
      screen: hasScreen ? port : undefined,
      ask: undefined,
      read: () => Promise.reject(new Error('nothing to read')),
      signal: new AbortController().signal,
      outputLost: new AbortController().signal,
      watchReader: () => ({ stop: () => undefined }),
      flushed: () => Promise.resolve(),
    }
    const speaker = new Speaker(io, false, false)
    const queue = new TransformStream<OperationEvent, OperationEvent>()
    const writer = queue.writable.getWriter()
    const done = showProgress(queue.readable, io, speaker, () => 'all')
    await play(async (event) => {
      await writer.write(event)
      await new Promise((resolve) => setImmediate(resolve))
    }, screen)
    const exitsWhileShown = exits.size
    await writer.close()
    await done
    return { screen, exits: [exitsWhileShown, exits.size], timers: vi.getTimerCount(), view: speaker.view }
  } finally {
    vi.useRealTimers()
  }
}

test('the view appears when an operation is not over at once, and is gone when the events end', async () => {
  const {
    screen,
    exits,
    timers,
    view: last,
  } = await show(true, async (push, now) => {
    await push(started)
    await push(begun('login', A))
    await vi.advanceTimersByTimeAsync(290)
    expect(now.rows).toEqual([])
    await vi.advanceTimersByTimeAsync(1000)
    expect(now.rows[0]).toMatch(/^attach of vol-1: 0 of 1 paths up, 1\.\d s$/)
    expect(now.rows).toHaveLength(3)
  })
  expect({ rows: screen.rows, strange: screen.strange, exits, timers, last }).toEqual({
    rows: [],
    strange: [],
    exits: [1, 0],
    timers: 0,
    last: undefined,
  })
})

test('without a terminal there is a textOfLine line every ten seconds, and none for an operation that is short', async () => {
  const { screen, timers } = await show(false, async (push, now) => {
    await push(started)
    await push(begun('login', A))
    await vi.advanceTimersByTimeAsync(9_900)
    expect(now.rows).toEqual([])
    await vi.advanceTimersByTimeAsync(10_200)
  })
  expect(screen.rows).toEqual(
    [
      'brickwork: attach of vol-1: 0 of 1 paths up after 10.0 s; waiting for the target to accept the login (192.0.2.10:3260)',
      'brickwork: attach of vol-1: 0 of 1 paths up after 20.0 s; waiting for the target to accept the login (192.0.2.10:3260)',
    ].flatMap((line) => [line.slice(0, 80), line.slice(80)]),
  )
  expect({ timers, strange: screen.strange }).toEqual({ timers: 0, strange: [] })
})
