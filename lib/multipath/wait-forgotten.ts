/** multipathd keeps a map and its disks in mind until it has dealt with udev's word of its end: a late one would take away the next disk of that name. */
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

/** udev and multipathd need a moment; longer than one answer may take. A daemon that still knows a disk then is told to forget it. */
const FORGET_MS = 5500
const ROLLBACK_MS = 60_000
const LONGEST_PAUSE_MS = 400

export class ForgottenCheck implements Disposable {
  readonly #operation: Operation
  readonly #names: readonly string[]
  readonly #wwids: readonly string[]
  readonly #watch: Watch

  /** From before anything is removed. */
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

  /** That none of the removed maps and disks is in multipathd's view any more. All is gone by now: no detach fails for want of its word. */
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
      // An undoing has its own time, which ends with the signal.
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

  /** Maps that multipathd, starting again, made of disks that it had seen before they went: they have no path. */
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
      else if ((await this.#known(time)).length > 0) report.leave(what, 'it knows them although udev has told of their end')
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
  /** `false`: it does not answer. Who has not answered once is not asked for the next disk. */
  async #told(time: AbortSignal): Promise<boolean> {
    for (const name of await this.#gone())
      if ((await askedUnlessSilent(this.#operation.host, `del path ${name}`, time)) === 'no-answer') return false
    return true
  }
  async #forgotten(signal: AbortSignal): Promise<void> {
    const { clock } = this.#operation.host
    for (let pauseMs = UNANNOUNCED_MS; await this.#remembers(signal); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      // When it has dealt with udev's word is told by nobody; each question keeps it from that.
      const pause = pauseMs
      await first(
        signal,
        (ended) => this.#watch.next(ended),
        (ended) => clock.sleep(pause, ended),
      )
    }
  }
  /** A daemon that starts may have looked at sysfs before all was gone: it is waited for, one that has ended is not. */
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
  /** A name may have been given to another disk by now. */
  async #gone(): Promise<string[]> {
    const { files } = this.#operation.host
    const gone: string[] = []
    for (const name of this.#names) if ((await files.stat(`/sys/class/block/${name}`)) === undefined) gone.push(name)
    return gone
  }
}
