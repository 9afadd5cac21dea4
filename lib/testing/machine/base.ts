import type { Faults } from '../faults.js'
import type { DurableFiles } from '../files/durable-files.js'
import type { FileTree } from '../files/file-tree.js'
import type { Ledger } from '../ledger.js'
import type { Settings } from '../settings.js'
import type { Random } from '../time/random.js'
import type { Timeline } from '../time/timeline.js'
import type { Processes } from './processes.js'
import type { Uevents } from './uevents.js'

/** The parts of a machine that outlast a boot. */
export interface LastingBase {
  /** @internal */
  readonly settings: Settings
  /** Every file: the machine's own disk, sysfs, /proc, /dev and /run. */
  readonly tree: FileTree
  /** The files that have reached the machine's disk. @internal */
  readonly durable: DurableFiles
  /** What happened, and what should not have happened. @internal */
  readonly ledger: Ledger
  /** Faults that a test planted. */
  readonly faults: Faults
  /** Virtual time. @internal */
  readonly timeline: Timeline
  /** Random numbers: the same seed gives the same ones. @internal */
  readonly random: Random
}

/** The parts of a machine that every model uses during one boot. */
export interface Base extends LastingBase {
  /** The kernel's and udev's uevents of this boot. */
  readonly uevents: Uevents
  /** `/proc`, one directory for each process. @internal */
  readonly processes: Processes
  /** The length of a delay, with jitter if the settings ask for it. */
  delay(ms: number): number
  /** Calls `act` after so many virtual milliseconds, unless the machine is off by then. */
  after(ms: number, act: () => void): void
  /** Resolves after a {@link Base.delay}, and never when the machine is switched off first. */
  wait(ms: number): Promise<void>
  /** Reports that a path may work or fail from now on. Most of these changes have no uevent. */
  pathsChanged(): void
}

/** What one boot adds to the lasting parts. */
interface BootParts extends Pick<Base, 'uevents' | 'processes'> {
  /** Whether the machine is still in this boot. */
  readonly isCurrent: () => boolean
  readonly pathsChanged: () => void
}

export function baseOf(lasting: LastingBase, { uevents, processes, pathsChanged, isCurrent }: BootParts): Base {
  const { settings, tree, durable, ledger, faults, timeline, random } = lasting
  const delay = (ms: number): number => (settings.jitter ? ms * (0.5 + random.next()) : ms)
  const after = (ms: number, act: () => void): void => {
    timeline.after(ms, () => {
      if (isCurrent()) act()
    })
  }
  const wait = (ms: number): Promise<void> => new Promise((resolve) => after(delay(ms), resolve))
  const parts = { settings, tree, durable, ledger, faults, timeline, random }
  return { ...parts, uevents, processes, delay, after, wait, pathsChanged }
}
