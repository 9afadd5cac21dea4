/** One process of one owner, with an attacher. When it dies, another replaces it. */
import { type Attacher, createAttacher } from '../../lib/index.js'
import type { FakeHost } from '../../lib/testing/index.js'

export const RUN_DIR = '/run/brickwork'
export const stateDirOf = (owner: string) => `/var/lib/brickwork-${owner}`

export class Agent {
  readonly name: string
  readonly owner: string
  host: FakeHost
  attacher: Attacher | undefined
  /** The process will die at some call of a port. */
  doomed = false

  constructor(name: string, owner: string, host: FakeHost) {
    this.name = name
    this.owner = owner
    this.host = host
  }
  async open(): Promise<Attacher> {
    return await createAttacher({ host: this.host, owner: this.owner, stateDir: stateDirOf(this.owner), runDir: RUN_DIR })
  }
  /** Starts the next process, which has not opened an attacher yet. */
  startAgain(host: FakeHost): void {
    this.host = host
    this.attacher = undefined
    this.doomed = false
  }
}
