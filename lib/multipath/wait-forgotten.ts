/**
 * multipathd remembers a map and its disks until it has processed udev's remove events. A late event would make it drop the next disk of
 * that name.
 */
import type { HostObject } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import { Window } from '../core/deadline.js'
import { isBrickworkError } from '../core/errors.js'
import type { Watch } from '../core/host.js'
import { first } from '../core/signal.js'
import { askedUnlessSilent, isSilent, isWorthAsking, multipathdRuns, readDaemonMaps, readDaemonPaths } from '../linux/multipath/daemon.js'
import { mapOfWwid, type MultipathMap } from '../linux/multipath/map.js'
import { UNANNOUNCED_MS } from '../linux/wait.js'
import { mapObject } from './objects.js'
import { maybe, text } from '../operation/object-data.js'
import type { ReleaseReport } from '../operation/release-report.js'

/** Time for udev and multipathd to process the removal; longer than one answer may take. After it, `del path` is sent for each disk. */
const FORGET_MS = 5500
const ROLLBACK_MS = 60_000
const LONGEST_PAUSE_MS = 400

export class ForgottenCheck implements Disposable {
  readonly #operation: Operation
  readonly #names: readonly string[]
  readonly #wwids: readonly string[]
  readonly #watch: Watch

  /** Starts watching, before anything is removed. */
  static async watch(operation: Operation, disks: readonly HostObject[], maps: readonly HostObject[]): Promise<ForgottenCheck> {
    const names = disks.flatMap(({ data }) => maybe(data, 'name') ?? [])
    const wwids = maps.map(({ data }) => text(data, 'uuid').replace(/^mpath-/, ''))
    return new ForgottenCheck(operation, names, wwids, await operation.host.events.watch(names))
  }
  private constructor(operation: Operation, names: readonly string[], wwids: readonly string[], watch: Watch) {
    this.#operation = operation
    this.#names = names
    this.#wwids = wwids
    this.#watch = watch
  }
  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
  }

  /** Checks that multipathd has forgotten the removed maps and disks. They are gone from the kernel, so a silent daemon fails no detach. */
  async check(report: ReleaseReport): Promise<void> {
    const { host, signal, remainingMs } = this.#operation
    const gone = [...(await this.#goneMaps()), ...(await this.#gone())]
    if (gone.length === 0 || !(await multipathdRuns(host))) return
    const what = `multipathd's view of ${gone.join(', ')}`
    if (!(await isWorthAsking(host))) {
      this.#noteSilence()
      return
    }
    await this.#operation.progress.step('wait-forgotten', async () => {
      // A roll-back has its own time, which ends with the signal.
      using time = new Window(host.clock, remainingMs > 0 ? remainingMs / 2 : ROLLBACK_MS, signal, what)
      using patience = new Window(host.clock, FORGET_MS, time.signal, what)
      try {
        await this.#forgotten(patience.signal)
        report.check(`${what} is gone`)
      } catch (error) {
        signal.throwIfAborted()
        if (!isBrickworkError(error)) throw error
        await this.#insist(what, report, time.signal)
      }
    })
  }

  /** Maps without a path that a restarted multipathd created from disks that it saw before they were removed. */
  async revenants(): Promise<HostObject[]> {
    const { host, signal } = this.#operation
    const maps = await Promise.all(this.#wwids.map((wwid) => mapOfWwid(host, wwid, signal)))
    const dead = async ({ slaves }: MultipathMap) =>
      (await Promise.all(slaves.map((slave) => host.files.stat(`/sys/class/block/${slave}`)))).every((there) => there === undefined)
    const found: HostObject[] = []
    for (const map of maps) if (map !== undefined && (await dead(map))) found.push(mapObject(map, 'created'))
    return found
  }

  async #insist(what: string, report: ReleaseReport, time: AbortSignal): Promise<void> {
    const { signal } = this.#operation
    try {
      if (!(await this.#told(time))) this.#noteSilence()
      else if ((await this.#known(time)).length > 0) report.leave(what, 'it still knows them after udev reported their removal')
      else report.check(`${what} is gone`)
    } catch (error) {
      signal.throwIfAborted()
      if (!isBrickworkError(error)) throw error
      this.#operation.progress.note('multipathd does not say which maps and paths it knows', { error: error.message })
    }
  }
  #noteSilence(): void {
    this.#operation.progress.note('multipathd does not answer: which paths and maps it still knows is unknown')
  }
  /** Makes multipathd forget each disk. `false`: it doesn't answer; after the first missing answer it is not asked again. */
  async #told(time: AbortSignal): Promise<boolean> {
    for (const name of await this.#gone())
      if ((await askedUnlessSilent(this.#operation.host, `del path ${name}`, time)) === 'no-answer') return false
    return true
  }
  async #forgotten(signal: AbortSignal): Promise<void> {
    const { clock } = this.#operation.host
    for (let pauseMs = UNANNOUNCED_MS; await this.#remembers(signal); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      // No event announces that multipathd has processed udev's events, and each question delays that.
      const pause = pauseMs
      await first(
        signal,
        (ended) => this.#watch.next(ended),
        (ended) => clock.sleep(pause, ended),
      )
    }
  }
  /** Whether multipathd knows any of them. A starting daemon counts as knowing them: it may have read sysfs before the removal. */
  async #remembers(signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#known(signal)).length > 0
    } catch (error) {
      if (signal.aborted || !isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE')) throw error
      if (await isSilent(this.#operation.host)) throw error
      return await multipathdRuns(this.#operation.host)
    }
  }
  async #known(signal = this.#operation.signal): Promise<string[]> {
    const { host } = this.#operation
    const paths = await readDaemonPaths(host, signal)
    const maps = new Set(this.#wwids.length === 0 ? [] : await readDaemonMaps(host, signal))
    return [...(await this.#gone()).filter((name) => paths.includes(name)), ...(await this.#goneMaps()).filter((wwid) => maps.has(wwid))]
  }
  async #goneMaps(): Promise<string[]> {
    const { host, signal } = this.#operation
    const gone: string[] = []
    for (const wwid of this.#wwids) if ((await mapOfWwid(host, wwid, signal)) === undefined) gone.push(wwid)
    return gone
  }
  /** Removed disks. The kernel may have given the name of one to another disk since: that name is left out. */
  async #gone(): Promise<string[]> {
    const { files } = this.#operation.host
    const gone: string[] = []
    for (const name of this.#names) if ((await files.stat(`/sys/class/block/${name}`)) === undefined) gone.push(name)
    return gone
  }
}
