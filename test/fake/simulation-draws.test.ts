/** What the simulation says that it draws is in the worlds that CI plays. */
import { expect, test } from 'vitest'
import { Chance } from '../simulation/chance.js'
import { hasPlaces, layOut } from '../simulation/layout.js'

/** Of `npm run simulate`. */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)

test('volumes with partition tables', () => {
  const layouts = SEEDS.map((seed) => layOut(new Chance(seed, -1), seed))
  const partitioned = layouts.flatMap(({ host, volumes }) => volumes.filter((name) => host.storage.volumeNamed(name).partitions.length > 0))
  expect(partitioned.length).toBeGreaterThan(10)
})

test('processes with the places of the real pools', () => {
  expect(SEEDS.filter(hasPlaces).length).toBeGreaterThan(3)
})
