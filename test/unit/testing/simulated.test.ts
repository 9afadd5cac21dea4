/** The worlds of the simulation that CI plays use the options that make the fake stricter. */
import { expect, test } from 'vitest'
import { Chance } from '../../simulation/chance.js'
import { layOut } from '../../simulation/layout.js'

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)
const layouts = SEEDS.map((seed) => layOut(new Chance(seed, -1), seed))

test('udevd is late in some worlds, has few workers in some, and both in one of them', () => {
  const late = layouts.filter(({ udev }) => udev.behindMs > 0)
  const few = layouts.filter(({ udev }) => udev.workers < 20)
  expect(late.length).toBeGreaterThan(0)
  expect(few.length).toBeGreaterThan(0)
  expect(late.filter((layout) => few.includes(layout)).length).toBeGreaterThan(0)
})
