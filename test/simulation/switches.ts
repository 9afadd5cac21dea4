/**
 * The properties of a world that follow from its seed. They are not random choices, so that the other choices of a seed stay the same.
 * test/fake/simulation-draws.test.ts counts the worlds of CI's seeds that have each of them.
 */
import type { FakeHostOptions } from '../../lib/testing/index.js'

/** Whether calls in this world wait for the real numbers of places. */
export const hasPlaces = (seed: number) => seed % 4 === 3
/** How close together answers come in one turn of a process, in milliseconds: a busy process gets more at once. */
export const answersTogether = (seed: number) => (seed % 4 === 1 ? (seed % 8 === 5 ? 25 : 5) : 0)
/** Whether reads of sysfs happen while devices are created and removed. */
export const readsMeetChanges = (seed: number) => seed % 4 === 2
/** Whether other programs create their own maps over volumes that agents use. */
export const hasForeignMaps = (seed: number) => seed % 3 !== 0
/** Whether other programs have disks in sessions of agents. */
export const hasGuestDisks = (seed: number) => seed % 3 !== 1

/** A database of open-iscsi that iscsiadm does not read. */
export const secondDatabase = (seed: number) => (['absent', 'absent', 'with a record', 'empty'] as const)[seed % 4] ?? 'absent'
/** Where multipathd runs. */
export const multipathdContainer = (seed: number): 'none' | 'host network' | 'own network' =>
  (({ 3: 'host network', 6: 'own network' }) as const)[seed % 7] ?? 'none'
/** The form of multipathd's answers. */
export const multipathdAnswers = (seed: number) =>
  (({ 2: 'cut off', 3: 'unreadable', 5: 'quotes', 6: 'fail', 8: 'timeout' }) as const)[seed % 9] ?? 'whole'

/** The special behaviour of the network: see oddities.ts. */
export type Oddity = 'none' | 'large packets are lost' | 'logins are redirected' | 'another host has our name'
export const oddityOf = (seed: number): Oddity =>
  (({ 2: 'large packets are lost', 3: 'logins are redirected', 0: 'another host has our name' }) as const)[seed % 5] ?? 'none'
/** Whether LVM activates the volume groups that udev sees, and some volumes have one. */
export const hasVolumeGroups = (seed: number) => seed % 5 === 4

/** The options of a host that follow from the seed alone. */
export function hostOf(seed: number): FakeHostOptions {
  return {
    seed,
    places: hasPlaces(seed),
    readsMeetChanges: readsMeetChanges(seed),
    answersTogetherMs: answersTogether(seed),
    secondDatabase: secondDatabase(seed),
    multipathdContainer: multipathdContainer(seed),
    multipathdAnswers: multipathdAnswers(seed),
    lvmActivation: hasVolumeGroups(seed),
  }
}
