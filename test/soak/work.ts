/** The operations of a soak: volumes are attached, grow and are detached, and each call answers in time. */
import { type Attacher, type AttachRequest, type Call, isBrickworkError, type PartialPolicy } from '../../lib/index.js'
import { truthy } from '../world/expect.js'
import type { Chance } from '../play/random.js'
import type { World } from '../world/world.js'
import type { Report } from './report.js'

export interface Item {
  readonly volume: string
  readonly connection: AttachRequest['connection']
  sizeMb: number
}

const MARKER_BYTES = 512
const READ_MS = 5000
const LONGEST_STAY_MS = 4000
const MIB = 1024 * 1024
/** The pause before the next attempt, if a volume can't be detached now. */
const AGAIN_MS = 2000

const NOBODYS = /there before the volume|another program/

export class Work {
  readonly #world: World
  readonly #attacher: Attacher
  readonly #report: Report
  readonly #free: Item[]

  constructor(world: World, attacher: Attacher, items: readonly Item[], report: Report) {
    this.#world = world
    this.#attacher = attacher
    this.#report = report
    this.#free = [...items]
  }
  /** Handles one volume after another until it is over, and then detaches what is attached. */
  async goOn(random: Chance, over: () => boolean): Promise<void> {
    while (!over()) {
      const [item] = this.#free.splice(random.below(this.#free.length), 1)
      if (item === undefined) throw new Error('More workers than volumes')
      try {
        await this.#round(item, random)
      } finally {
        this.#free.push(item)
      }
    }
  }

  async #round(item: Item, random: Chance): Promise<void> {
    const policy: PartialPolicy = {
      multipath: random.below(3) === 0 ? 'never' : 'prefer',
      iscsi: { logins: random.below(2) === 0 ? 'socket' : 'iscsiadm' },
      ready: random.below(4) === 0 ? 'kernel' : 'udev',
      assemble: random.below(4) === 0 ? 'direct' : 'multipathd',
    }
    const id = item.volume
    const attachment = await this.#call('attach', random, (call) =>
      this.#attacher.attach({ id, connection: item.connection, policy }, call),
    )
    if (attachment === undefined) return
    await this.#verify(item, attachment.device)
    if (random.below(4) === 0) await this.#grow(item, random)
    if (random.below(6) === 0) await this.#call('inspect', random, (call) => this.#attacher.inspect(id, call))
    await this.#world.sleep(random.below(LONGEST_STAY_MS))
    while (!(await this.#detached(id, random))) await this.#world.sleep(AGAIN_MS)
  }
  async #detached(id: string, random: Chance): Promise<boolean> {
    const report = await this.#call('detach', random, (call) => this.#attacher.detach(id, call))
    for (const { what, reason } of report?.kept ?? []) {
      this.#report.count(`kept: ${reason.replace(/:.*$/, '')}`)
      // No other program runs on this host: such an object would stay for ever.
      truthy(!NOBODYS.test(reason), `${id} left ${what}: ${reason}`)
    }
    return report !== undefined
  }
  async #grow(item: Item, random: Chance): Promise<void> {
    item.sizeMb += 8
    await this.#world.resizeVolume(item.volume, item.sizeMb)
    await this.#call('resize', random, (call) => this.#attacher.resize(item.volume, { ...call, sizeBytes: item.sizeMb * MIB }))
  }
  /** `undefined`: the call failed, which is allowed. A late answer is a failure of the soak. */
  async #call<T>(what: string, random: Chance, run: (call: Call) => Promise<T>): Promise<T | undefined> {
    const timeoutMs = random.one([15_000, 30_000, 60_000])
    const from = this.#world.now()
    const answer = await run({ timeoutMs }).then(
      (value) => ({ code: 'ok', value }),
      (error: unknown) => {
        if (!isBrickworkError(error)) throw error
        return { code: `${error.code}${error.step === undefined ? '' : ` at ${error.step}`}`, value: undefined }
      },
    )
    this.#report.answered(what, answer.code, from, this.#world.now(), timeoutMs)
    return answer.value
  }
  /** Whatever happens to its paths, the readable data is that of the volume. */
  async #verify({ volume }: Item, device: string): Promise<void> {
    const expected = `volume ${volume}\0`
    const late = this.#world.sleep(READ_MS).then(() => undefined)
    const read = this.#world.read(device, MARKER_BYTES).catch(() => undefined)
    const bytes = await Promise.race([read, late])
    if (bytes === undefined) {
      this.#report.count('could not be read')
      return
    }
    const seen = Buffer.from(bytes).toString('latin1', 0, expected.length)
    truthy(seen === expected, `${device} is ${volume}: ${JSON.stringify(seen)}`)
    this.#report.count('read, and the right volume')
  }
}
