/** One process of one owner, with an attacher; when it dies another takes its place. */
import { type Attacher, createAttacher } from '../../lib/index.js'
import type { FakeHost } from '../../lib/testing/index.js'

export const RUN_DIR = '/run/brickwork'
export const stateDirOf = (owner: string) => `/var/lib/brickwork-${owner}`

export class Agent {
  readonly name: string
  readonly owner: string
  host: FakeHost
  attacher: Attacher | undefined
  /** It is to die at some call of a port. */
  doomed = false

  constructor(name: string, owner: string, host: FakeHost) {
    this.name = name
    this.owner = owner
    this.host = host
  }
  async open(): Promise<Attacher> {
    return await createAttacher({ host: this.host, owner: this.owner, stateDir: stateDirOf(this.owner), runDir: RUN_DIR })
  }
  /** The next process, which has yet to open an attacher. */
  startAgain(host: FakeHost): void {
    this.host = host
    this.attacher = undefined
    this.doomed = false
  }
}
