/** State of schema 1 from every crash point of attach and detach, each with one continuation. `test/crash` plays all continuations. */
import { describe, expect, test } from 'vitest'
import { CRASH_STORIES } from './schema-1/crash-stories.js'
import { crashGroups, crashStates } from './schema-1/read.js'

const groups = crashGroups()
const stories = Object.entries(CRASH_STORIES)

test('there are states of attach and detach over one path, over a map of multipathd and over a direct map', () => {
  expect(groups).toEqual(
    ['attach', 'detach'].flatMap((verb) => ['direct-map', 'multipathd-map', 'one-path'].map((stage) => `crash-${verb}-${stage}`)),
  )
  for (const group of groups) expect(crashStates(group).length, group).toBeGreaterThan(10)
})

describe.each(groups)('%s', (group) => {
  for (const [index, state] of crashStates(group).entries()) {
    const [what = '', tell] = stories[index % stories.length] ?? []
    test(`${state.name}: ${what}`, async () => {
      await tell?.(state)
    })
  }
})
