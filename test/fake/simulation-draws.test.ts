/** The random choices that the simulation documents occur in the worlds that CI plays. */
import { expect, test } from 'vitest'
import { Chance } from '../simulation/chance.js'
import { answersTogether, hasPlaces, layOut, readsMeetChanges } from '../simulation/layout.js'
import { simulate } from '../simulation/simulate.js'

/** Seeds of `npm run simulate`. */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)

const layouts = SEEDS.map((seed) => layOut(new Chance(seed, -1), seed))

test('volumes with partition tables', () => {
  const partitioned = layouts.flatMap(({ host, volumes }) => volumes.filter((name) => host.storage.volumeNamed(name).partitions.length > 0))
  expect(partitioned.length).toBeGreaterThan(10)
})

test('processes with the places of the real pools', () => {
  expect(SEEDS.filter(hasPlaces).length).toBeGreaterThan(3)
})

test('answers that come in one turn', () => {
  expect(SEEDS.filter((seed) => answersTogether(seed) > 0).length).toBeGreaterThan(3)
})

test('reads of sysfs in the middle of a change', () => {
  expect(SEEDS.filter(readsMeetChanges).length).toBeGreaterThan(3)
})

test('both places of records', () => {
  expect(new Set(layouts.map(({ recordRoot }) => recordRoot))).toEqual(new Set(['/etc/iscsi', '/var/lib/iscsi']))
})

test('multipathd running, stopped and absent', () => {
  expect(new Set(layouts.map(({ multipathd }) => multipathd))).toEqual(new Set(['running', 'stopped', 'absent']))
})

test('maps of other programs, and their disks in sessions of agents', async () => {
  expect(layouts.filter(({ others }) => others.maps).length).toBeGreaterThan(3)
  expect(layouts.filter(({ others }) => others.disks).length).toBeGreaterThan(3)
  const { others, failure } = await simulate(8, 90)
  expect(failure).toBeUndefined()
  expect(others.maps).toBeGreaterThan(0)
  expect(others.disks).toBeGreaterThan(0)
})
