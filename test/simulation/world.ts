/** One simulated machine with its agents and other programs, and everything that the simulation knows about them. */
import type { FakeHost, Planted } from '../../lib/testing/index.js'
import { Agent, RUN_DIR, stateDirOf } from './agent.js'
import { Attached } from './attached.js'
import { Calls } from './calls.js'
import type { Chance } from './chance.js'
import { checkJournalsName, recordsOfAttachments } from './invariants.js'
import { Guests } from './guests.js'
import { describeLocalDisk, type Layout, layOut } from './layout.js'
import { ourRecords, secondDatabaseSeen, stateSeen } from './look.js'
import type { Oddities } from './oddities.js'
import { People } from './people.js'
import { Story } from './story.js'
import { Violation } from './violation.js'

export const OWNERS = ['north', 'south'] as const
export const IDS = ['one', 'two', 'three', 'four', 'five']
const CLOSE_MS = 90_000

interface Trouble {
  readonly what: string
  readonly on: string
  readonly planted: Planted
}

export class World {
  readonly layout: Layout
  readonly story = new Story()
  readonly calls: Calls
  /**
   * Records that are older than this boot. An owner that shared a session of another owner may have been the last with an entry for the
   * record. The record then waits for the other owner's recovery.
   */
  survivors: ReadonlySet<string> = new Set()
  readonly attached = new Attached()
  readonly people: People
  readonly guests: Guests
  readonly agents: readonly Agent[]
  readonly troubles: Trouble[] = []
  /** A process that is used only for its clock and for snapshots. */
  host: FakeHost
  readonly oddities: Oddities = { lost: 0, redirects: 0, rivals: 0, volumeGroups: 0 }
  /** The logical volumes that were there at the last query. */
  knownVolumes: ReadonlySet<string> = new Set()
  /** The database that iscsiadm does not read, as it was in the beginning. */
  readonly secondDatabase: string
  deaths = 0
  boots = 1
  #violation: Violation | undefined

  constructor(chance: Chance, seed: number) {
    this.layout = layOut(chance, seed)
    this.host = this.layout.host
    this.secondDatabase = secondDatabaseSeen(this.host, this.layout.recordRoot)
    this.calls = new Calls(this.story, (violation) => {
      this.#violation ??= violation
    })
    this.people = new People(this.host, this.layout.recordRoot)
    this.guests = new Guests(this.host, this.layout.recordRoot)
    this.agents = [
      new Agent('north-1', 'north', this.host.process()),
      new Agent('north-2', 'north', this.host.process()),
      new Agent('south-1', 'south', this.host.process()),
      new Agent('south-2', 'south', this.host.process()),
    ]
  }
  get now(): number {
    return this.host.clock.now()
  }
  tell(what: string): void {
    this.story.tell(this.now, what)
  }
  broken(violation: Violation): void {
    this.#violation ??= violation
  }
  /** @throws the first violation since the last check. */
  check(): void {
    if (this.#violation !== undefined) throw this.#violation
    this.calls.check(this.now)
    const [problem] = this.host.problems
    if (problem !== undefined) throw new Violation('nothing is asked that a real machine would refuse', problem)
  }
  state(): Map<string, string> {
    return stateSeen(this.host, OWNERS.map(stateDirOf), RUN_DIR)
  }

  /** An attacher in the agent's process. */
  open(agent: Agent): Promise<void> {
    return this.calls.start(agent, {
      what: 'open',
      timeoutMs: 10_000,
      start: () => agent.open(),
      answered: (attacher) => {
        agent.attacher = attacher
        return 'opened'
      },
    })
  }
  close(agent: Agent): Promise<void> {
    const { attacher } = agent
    agent.attacher = undefined
    if (attacher === undefined) return Promise.resolve()
    return this.calls.start(agent, { what: 'close', timeoutMs: CLOSE_MS, start: () => attacher.close(), answered: () => 'closed' })
  }
  /** Waits for the promise, at most for this time. */
  async within(ms: number, promise: Promise<unknown>): Promise<void> {
    const over = new AbortController()
    const sleep = this.host.clock.sleep(ms, over.signal).catch(() => undefined)
    await Promise.race([promise, sleep])
    over.abort()
    await sleep
  }
  /** Waits until every call has answered or its process has died. */
  async rest(): Promise<void> {
    await this.within(120_000, this.calls.ended())
  }
  plant(what: string, on: string, planted: Planted): void {
    this.tell(`trouble: ${what}`)
    this.troubles.push({ what, on, planted })
  }
  withdraw(which: (trouble: Trouble) => boolean): void {
    for (const trouble of this.troubles.filter(which)) {
      if (trouble.planted.met > 0) this.tell(`trouble over: ${trouble.what} (met ${trouble.planted.met} times)`)
      trouble.planted.withdraw()
      this.troubles.splice(this.troubles.indexOf(trouble), 1)
    }
  }
  /** Restarts dead agents. */
  async revive(): Promise<void> {
    for (const agent of this.agents) {
      if (agent.host.alive) continue
      this.deaths += 1
      this.tell(`${agent.name}: its process has died, and is started again`)
      agent.startAgain(this.host.process())
      await this.within(12_000, this.open(agent))
    }
  }
  crash(agent: Agent): void {
    this.tell(`${agent.name}: killed`)
    agent.host.crash()
  }
  reboot(): void {
    this.tell('the power goes off and on')
    this.withdraw(() => true)
    const records = recordsOfAttachments(this)
    this.attached.lost(({ device }) => !device.startsWith('/dev/vd'))
    this.host = this.host.reboot()
    this.boots += 1
    describeLocalDisk(this.host)
    this.people.powerLost(this.host)
    this.guests.powerLost(this.host)
    this.survivors = new Set(ourRecords(this.host, this.layout.recordRoot))
    checkJournalsName(this, records)
  }
}
