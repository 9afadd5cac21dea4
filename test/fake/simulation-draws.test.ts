/** The random choices that the simulation documents occur in the worlds that CI plays. */
import { expect, test } from 'vitest'
import { Chance } from '../simulation/chance.js'
import { layOut } from '../simulation/layout.js'
import {
  answersTogether,
  hasPlaces,
  hasVolumeGroups,
  multipathdAnswers,
  multipathdContainer,
  oddityOf,
  readsMeetChanges,
  secondDatabase,
} from '../simulation/switches.js'
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

test('a second database, empty and with a record', () => {
  for (const kind of ['empty', 'with a record'] as const)
    expect(SEEDS.filter((seed) => secondDatabase(seed) === kind).length).toBeGreaterThan(3)
})

/** Whether a multipathd may run in the world of the seed. */
const hasMultipathd = (seed: number) => layouts[SEEDS.indexOf(seed)]?.multipathd !== 'absent'

test('a multipathd whose answers can’t be read, or are cut off, or fail', () => {
  const said = new Set(SEEDS.filter(hasMultipathd).map(multipathdAnswers))
  expect(said).toEqual(new Set(['whole', 'cut off', 'unreadable', 'quotes', 'fail', 'timeout']))
})

test('a multipathd in a container, on the host’s network and on its own', () => {
  const where = new Set(SEEDS.filter(hasMultipathd).map(multipathdContainer))
  expect(where).toEqual(new Set(['none', 'host network', 'own network']))
})

test('large packets that are lost, redirected logins, another host with our name, and LVM that activates volume groups', () => {
  for (const oddity of ['large packets are lost', 'logins are redirected', 'another host has our name'] as const)
    expect(SEEDS.filter((seed) => oddityOf(seed) === oddity).length).toBeGreaterThan(3)
  expect(SEEDS.filter(hasVolumeGroups).length).toBeGreaterThan(3)
})

test.each([
  ['lost', 2],
  ['redirects', 3],
  ['rivals', 5],
  ['volumeGroups', 4],
] as const)('they come in a world: %s', async (what, seed) => {
  const { oddities, failure } = await simulate(seed, 60)
  expect(failure).toBeUndefined()
  expect(oddities[what]).toBeGreaterThan(0)
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
