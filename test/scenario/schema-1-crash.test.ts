/** State of schema 1 at every crash point of attach and detach, on the host that it describes. */
import { describe, expect, test } from 'vitest'
import { CRASH_STORIES } from '../schema-1/crash-stories.js'
import { crashGroups, crashStates } from '../schema-1/read.js'

const groups = crashGroups()

test('there are states of attach and detach over one path, over a map of multipathd and over a direct map', () => {
  expect(groups).toEqual(
    ['attach', 'detach'].flatMap((verb) => ['direct-map', 'multipathd-map', 'one-path'].map((stage) => `crash-${verb}-${stage}`)),
  )
  for (const group of groups) expect(crashStates(group).length, group).toBeGreaterThan(10)
})

describe.each(groups)('%s', (group) => {
  const states = crashStates(group).map((state) => [state.name, state] as const)
  describe.each(Object.entries(CRASH_STORIES))('%s', (_, tell) => {
    test.each(states)('%s', async (__, state) => {
      await tell(state)
    })
  })
})
