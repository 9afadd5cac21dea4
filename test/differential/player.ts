/** Plays one party in one situation: its answers, and the state of the host after each step. */
import type { World } from '../world/world.js'
import { calmHost } from './look.js'
import type { Answer, ConnectionData, DeviceInfo, Party } from './party.js'

export interface Observation {
  readonly what: string
  /** The compared value. */
  readonly value: unknown
  /** Reported but not compared: the name of the failure. */
  readonly said?: string
  /** A snapshot after a successful detach or a failed attach: new objects in it are left over. */
  readonly over?: boolean
}
interface Steps {
  readonly multipath?: boolean
  readonly force?: boolean
  readonly ignoreErrors?: boolean
}

export const BEFORE = 'host before'

export class Player {
  readonly observations: Observation[] = []
  readonly world: World
  readonly party: Party

  private constructor(world: World, party: Party) {
    this.world = world
    this.party = party
  }
  static async begin(world: World, party: Party): Promise<Player> {
    const player = new Player(world, party)
    player.note(BEFORE, await calmHost(world))
    return player
  }

  async connect(what: string, data: ConnectionData, { multipath = false }: Steps = {}): Promise<DeviceInfo | null> {
    const answer = await this.party.connect(data, { multipath })
    const info = 'value' in answer ? answer.value : null
    this.#note(what, answer, info === null ? undefined : await this.#seen(info))
    await this.#host(what, info === null)
    return info
  }
  async disconnect(what: string, data: ConnectionData, info: DeviceInfo | null, options: Steps = {}): Promise<boolean> {
    const { multipath = false, force = false, ignoreErrors = false } = options
    const answer = await this.party.disconnect(data, info, { multipath, force, ignoreErrors })
    this.#note(what, answer, 'done')
    await this.#host(what, 'value' in answer)
    return 'value' in answer
  }
  async extend(what: string, data: ConnectionData, { multipath = false }: Steps = {}): Promise<void> {
    const answer = await this.party.extend(data, { multipath })
    this.#note(what, answer, 'value' in answer ? `${(answer.value ?? 0) / 1024 / 1024} MiB` : undefined)
  }
  note(what: string, value: unknown): void {
    this.observations.push({ what, value })
  }

  #note(what: string, answer: Answer<unknown>, value: unknown): void {
    if ('value' in answer) this.observations.push({ what, value })
    else this.observations.push({ what, value: 'fails', said: answer.failed })
  }
  async #host(after: string, over: boolean): Promise<void> {
    const host = await calmHost(this.world)
    this.observations.push({ what: `host after ${after}`, value: host, over })
  }
  /** The device info without numbers of devices, and the content of the device. */
  async #seen(info: DeviceInfo): Promise<unknown> {
    const read = await this.world.read(info.path, 64).then(
      (bytes) => Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, ''),
      () => 'not readable',
    )
    return { ...info, path: info.path.replace(/\d+$/, '*').replace(/^(\/dev\/sd)[a-z]+$/, '$1*'), reads: read }
  }
}
