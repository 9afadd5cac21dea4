import type { PathStates } from '../../linux/multipath/map.js'
import { aboutOf } from '../../linux/udev/about.js'
import { readUdevRecords } from '../../linux/udev/database.js'
import type { Operation } from '../../operation/operation.js'
import type { VerifiedPath } from './verified-path.js'

/** Which paths udev's database has. A record that describes its disk stays, so it is not read again. */
export class KnownToUdev {
  readonly #operation: Operation
  readonly #known = new WeakSet<VerifiedPath>()
  #looked = false

  constructor(operation: Operation) {
    this.#operation = operation
  }
  /** Whether udev's database has all live paths. Without a running udevd it never will: the answer is yes. */
  async knowsAll(paths: readonly VerifiedPath[], states: PathStates['states']): Promise<boolean> {
    // udev's rules hang on a path that has died since, so don't wait for that one.
    const alive = paths.filter(({ device }) => states.get(device.name) === 'running')
    const asked = alive.filter((path) => this.#isAsked(path))
    if (asked.length === 0 && alive.some((path) => !this.#known.has(path))) return await this.#isAlone()
    const missing = asked.length === 0 ? [] : await this.#missingOf(asked)
    if (alive.length > 0 && missing.length === 0) return true
    // A record that came since the last query shows that udevd runs.
    const isAtWork = this.#looked && missing.length < asked.length
    return !isAtWork && (await this.#isAlone())
  }
  /** Whether udev has processed another path by now, and has further paths to process. */
  async knowsMore(paths: readonly VerifiedPath[]): Promise<boolean> {
    const asked = paths.filter((path) => this.#isAsked(path))
    if (asked.length === 0 || (await this.#missingOf(asked)).length === asked.length) return false
    return paths.some((path) => !this.#known.has(path))
  }

  /** udev's record of a path is not worth reading while udev still has events of it. */
  #isAsked(path: VerifiedPath): boolean {
    return !this.#known.has(path) && !this.#operation.udev.isPending(path.device.name)
  }
  async #isAlone(): Promise<boolean> {
    this.#looked = true
    const { udev, host } = this.#operation
    return !(await udev.runs(host))
  }
  async #missingOf(asked: readonly VerifiedPath[]): Promise<readonly VerifiedPath[]> {
    const { host, signal } = this.#operation
    const numbers = asked.map(({ device }) => device.device)
    const records = await readUdevRecords(host, numbers, signal)
    for (const [index, path] of asked.entries()) {
      const record = records[index]
      const isKnown = record?.initialized === true && aboutOf(record, { ...path.device, sinceMs: path.scanned.sinceMs }) !== 'another'
      if (isKnown) this.#known.add(path)
    }
    return asked.filter((path) => !this.#known.has(path))
  }
}
