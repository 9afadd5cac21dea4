/** State of schema 1 from every crash point of attach and detach, on the host that it describes. */
import { describe, test } from 'vitest'
import { CRASH_STORIES } from '../fake/schema-1/crash-stories.js'
import { crashGroups, crashStates } from '../fake/schema-1/read.js'

describe.each(crashGroups())('%s', (group) => {
  const states = crashStates(group).map((state) => [state.name, state] as const)
  describe.each(Object.entries(CRASH_STORIES))('%s', (_, tell) => {
    test.each(states)('%s', async (__, state) => {
      await tell(state)
    })
  })
})
