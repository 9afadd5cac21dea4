/** `--verbose`: the lines of events, and those of steps that take long. */
import { expect, test, vi } from 'vitest'

import { followEvents } from '../../../lib/cli/timeline.js'
import type { OperationEvent } from '../../../lib/index.js'

const common = { at: 0, id: 'vol-1', step: 'delete-record' as const }
const begun: OperationEvent = { ...common, type: 'step:start' }
const ended: OperationEvent = { ...common, type: 'step:end', ms: 40, outcome: 'ok' }

/** Lines, after each group of events and a second and a half; the events end with the last group. */
async function told(...groups: readonly (readonly OperationEvent[])[]): Promise<string[][]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const said: string[] = []
    const all: string[][] = []
    async function* events() {
      for (const [index, group] of groups.entries()) {
        yield* group
        if (index === groups.length - 1) return
        await vi.advanceTimersByTimeAsync(1500)
        all.push(said.splice(0))
      }
    }
    await followEvents(events(), (line) => said.push(line.trim()))
    await vi.advanceTimersByTimeAsync(5000)
    return [...all, said]
  } finally {
    vi.useRealTimers()
  }
}
const END = '0 ms  delete-record      40 ms'
const LONG = '…  delete-record is running'

test('steps of one name that run at once are over when all have ended, and are announced as one', async () => {
  expect(await told([begun, begun, begun, ended, ended, ended], [])).toEqual([[END, END, END], []])
  expect(await told([begun, begun], [ended, ended])).toEqual([[LONG], [END, END]])
  expect(await told([begun, begun, ended], [ended], [begun], [])).toEqual([[END, LONG], [END], [LONG], []])
})

test('a step that has not ended with the events is announced no more', async () => {
  expect(await told([ended], [begun])).toEqual([[END], []])
})
