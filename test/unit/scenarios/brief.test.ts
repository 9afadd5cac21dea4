import { expect, test } from 'vitest'
import { BRIEF } from '../../scenarios/brief.js'
import { scenarios } from '../../scenarios/index.js'

test('what `npm test` plays are scenarios that there are, and no long ones', () => {
  const short = scenarios.filter(({ long }) => long === undefined).map(({ name }) => name)
  expect([...BRIEF].filter((name) => !short.includes(name))).toEqual([])
})
