/** Agents that attach and detach at random, and conditions that must hold all the time. */
import { type AttachRequest, isBrickworkError } from '../../lib/index.js'
import { equal, truthy } from '../world/expect.js'
import type { Chance } from './random.js'
import type { AgentProcess, World } from '../world/world.js'

/** A volume of the storage. Its first bytes hold its name. */
export interface Shelf {
  readonly volume: string
  readonly connection: AttachRequest['connection']
}
export interface Crowd {
  readonly owners: readonly string[]
  readonly processes: number
  readonly operations: number
  readonly policy: AttachRequest['policy']
}
/** The known state of one attachment of an owner. If this owner began a detach, the device may be missing. */
interface Known {
  detaches: number
  /** Detaches that have not ended. */
  underWay: number
  device: string | undefined
}

const MARKER_BYTES = 512
const LOOK_MS = 250
const ALL_LOOKS = 12
/** Four agents keep an emulated guest busy: this scenario checks results, not times. */
const call = { timeoutMs: 300_000 }

export class Hustle {
  readonly #world: World
  readonly #shelves: readonly Shelf[]
  readonly #policy: AttachRequest['policy']
  readonly #known = new Map<string, Known>()
  readonly answers = new Map<string, number>()

  constructor(world: World, shelves: readonly Shelf[], policy: AttachRequest['policy']) {
    this.#world = world
    this.#shelves = shelves
    this.#policy = policy
  }
  /** Runs this many operations in one process, one after another. */
  async work(agent: AgentProcess, owner: string, operations: number, random: Chance): Promise<void> {
    for (let count = 0; count < operations; count++) {
      const shelf = random.one(this.#shelves)
      const kind = random.below(100)
      const what = kind < 50 ? 'attach' : kind < 60 ? 'attach again' : kind < 92 ? 'detach' : 'recover'
      try {
        await this.#perform(what, agent, owner, shelf)
        this.#count(`${what}: ok`)
      } catch (error) {
        if (!isBrickworkError(error)) throw error
        // Other processes may use the same attachment until the deadline of this call.
        truthy(error.code === 'ERR_BUSY', `${what} of ${shelf.volume} by ${owner}: ${error.code} ${error.message}`)
        this.#count(`${what}: ${error.code}`)
      }
    }
  }
  /** Each owner detaches its volumes. */
  async leave(agent: AgentProcess): Promise<void> {
    for (const { id } of await agent.attacher.list()) await agent.attacher.detach(id, call)
  }
  /** Watches until `over`: there must never be two sessions to the same portal of a target. */
  async watch(iqns: readonly string[], portals: number, over: () => boolean): Promise<void> {
    for (let look = 0; !over(); look++) {
      // Counting sessions is cheap. Their portals are queried from programs, which is done less often.
      for (const iqn of iqns) truthy((await this.#world.sessions(iqn)).length <= portals, `sessions to ${iqn}: no more than portals`)
      if (look % ALL_LOOKS === 0) {
        const { sessions } = await this.#world.leftovers()
        equal(sessions, [...new Set(sessions)], 'sessions, none of them twice')
      }
      await this.#world.sleep(LOOK_MS)
    }
  }

  async #perform(what: string, agent: AgentProcess, owner: string, shelf: Shelf): Promise<void> {
    const id = `${owner} ${shelf.volume}`
    if (what === 'recover') {
      const { actions } = await agent.attacher.recover(call)
      const bad = actions.filter(({ action }) => action !== 'kept')
      equal(bad, [], `what ${owner}'s recovery did while nothing was interrupted`)
    } else if (what === 'detach') await this.#detach(agent, id, shelf)
    else {
      await this.#attach(agent, id, shelf)
      if (what === 'attach again') await this.#attach(agent, id, shelf)
    }
  }
  async #attach(agent: AgentProcess, id: string, shelf: Shelf): Promise<void> {
    const known = this.#knownAs(id)
    const { detaches } = known
    const policy = this.#policy === undefined ? {} : { policy: this.#policy }
    const { device } = await agent.attacher.attach({ id, connection: shelf.connection, ...policy }, call)
    if (known.detaches === detaches && known.underWay === 0) known.device = device
    await this.#verify(agent, shelf, device, () => known.detaches !== detaches || known.underWay > 0, 'after the attach')
  }
  async #detach(agent: AgentProcess, id: string, shelf: Shelf): Promise<void> {
    const known = this.#knownAs(id)
    const { detaches, device } = known
    if (device !== undefined)
      await this.#verify(agent, shelf, device, () => known.detaches !== detaches || known.underWay > 0, 'before the detach')
    known.detaches += 1
    known.underWay += 1
    known.device = undefined
    try {
      await agent.attacher.detach(id, call)
    } finally {
      known.underWay -= 1
      known.detaches += 1 // a concurrent attach may have returned before the device was removed
    }
  }
  /** The device is the volume, unless this owner itself has begun to detach it. */
  async #verify(agent: AgentProcess, { volume }: Shelf, device: string, excused: () => boolean, when: string): Promise<void> {
    const expected = `volume ${volume}\0`
    let seen: string
    try {
      seen = Buffer.from(await agent.read(device, MARKER_BYTES)).toString('latin1', 0, expected.length)
    } catch (error) {
      seen = String(error)
    }
    truthy(seen === expected || excused(), `${device} is ${volume} ${when}: ${JSON.stringify(seen)}`)
  }
  #knownAs(id: string): Known {
    const known = this.#known.get(id) ?? { detaches: 0, underWay: 0, device: undefined }
    this.#known.set(id, known)
    return known
  }
  #count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1)
  }
}
