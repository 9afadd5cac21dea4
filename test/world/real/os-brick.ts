/** Debian's os-brick in its own process (`./os-brick.py`). */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Answer, DeviceInfo, Party } from '../../differential/party.js'

const DRIVER = '/brickwork/test/world/real/os-brick.py'
const LOCKS = '/run/lab-os-brick'
const CONFIGURATION = '/etc/iscsi/iscsid.conf'
/** With the shipped timeouts, each dead portal would only make the same scenario two minutes longer. */
const SHORTER: Readonly<Record<string, string>> = {
  'node.session.initial_login_retry_max': '2',
  'node.conn[0].timeo.login_timeout': '5',
  'node.session.timeo.replacement_timeout': '10',
}
const SCAN_ATTEMPTS = 1
/** Loading os-brick takes long in an emulated guest. */
const START_MS = 120_000
/** A call without an answer after this time has failed. */
const PATIENCE_MS = 240_000
const STORM_MS = 900_000
const LOG_LINES = 80

export class OsBrick implements Party {
  readonly name = 'os-brick'
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  #log: string[] = []

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    createInterface({ input: child.stderr }).on('line', (line) => (this.#log = [...this.#log.slice(1 - LOG_LINES), line]))
  }
  /** `as shipped`: without {@link SHORTER}. */
  static async start(how: 'shorter' | 'as shipped' = 'shorter'): Promise<OsBrick> {
    if (!existsSync('/usr/lib/python3/dist-packages/os_brick'))
      throw new Error('This guest has no os-brick: play the scenario by `npm run test:lab`, or `npm run lab -- --os-brick SCENARIO`')
    await mkdir(LOCKS, { recursive: true })
    if (how === 'shorter') await shorten()
    const brick = new OsBrick(spawn('python3', [DRIVER], { cwd: '/' }))
    await brick.#next(START_MS)
    return brick
  }
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }
  connect: Party['connect'] = (data, options) => this.#ask<DeviceInfo>({ call: 'connect', data, options })
  disconnect: Party['disconnect'] = (data, deviceInfo, options) => this.#ask<null>({ call: 'disconnect', data, deviceInfo, options })
  extend: Party['extend'] = (data, options) => this.#ask<number | null>({ call: 'extend', data, options })

  /**
   * Connects or disconnects all volumes at once, each in its own thread. Returns milliseconds. Keeps the result of each connect for its
   * disconnect.
   */
  async storm(call: 'connect' | 'disconnect', volumes: readonly object[], multipath: boolean): Promise<number> {
    const answer = await this.#ask<number>({ call: 'storm', each: call, data: volumes, options: { multipath, scanAttempts: 3 } }, STORM_MS)
    if ('value' in answer) return answer.value
    throw new Error(`os-brick: ${answer.failed}: ${answer.message}`)
  }

  /** Keeps the process for the next situation: loading it again would take longer than most situations. */
  close(): Promise<void> {
    return Promise.resolve()
  }
  async end(): Promise<void> {
    if (!this.alive) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
  /** Its last output, for diagnosis by people. */
  get log(): string {
    return this.#log.join('\n')
  }

  async #ask<T>(request: { readonly options: object; readonly [key: string]: unknown }, patienceMs = PATIENCE_MS): Promise<Answer<T>> {
    const options = { scanAttempts: SCAN_ATTEMPTS, ...request.options }
    this.#child.stdin.write(`${JSON.stringify({ ...request, options })}\n`)
    const line = await this.#next(patienceMs)
    if (line === undefined) {
      await this.end()
      return { failed: 'no answer', message: `It had not answered after ${patienceMs / 1000} s` }
    }
    const reply = JSON.parse(line) as { value: T } | { error: string; message: string }
    return 'error' in reply ? { failed: reply.error, message: reply.message } : { value: reply.value }
  }
  async #next(patienceMs: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), patienceMs)))
    const next = await Promise.race([this.#lines.next(), late]).finally(() => clearTimeout(timer))
    if (next?.done === true) throw new Error(`os-brick's process has ended: ${this.log}`)
    return next?.value
  }
}

/** os-brick's records take their settings from iscsid.conf; Brickwork's do not. */
async function shorten(): Promise<void> {
  const shipped = await readFile(CONFIGURATION, 'utf8')
  const kept = shipped.split('\n').filter((line) => !Object.keys(SHORTER).some((key) => line.startsWith(`${key} `)))
  await writeFile(CONFIGURATION, [...kept, ...Object.entries(SHORTER).map(([key, value]) => `${key} = ${value}`), ''].join('\n'))
}
