/**
 * Brickwork as a party of a storm: a process of its own (./protocol.ts).
 *
 * `node brickwork.js POLICY STATE [now]`: with `now` it attaches what its first line says, answers, and is not asked again.
 */
import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Attacher, AttachRequest, BlockAttachment, PartialPolicy, StepTiming } from '../../../lib/index.js'
import type { Row, StormVolume } from '../row.js'
import { type Delay, watchLoop } from './loop.js'
import type { FreshReport, Report, Task } from './protocol.js'

const LONG_MS = 600_000
/** The deadline of an attach for a missing volume. */
const MISSING_MS = 10_000
const PROFILE_US = 1000

const [, , policyText = '{}', stateDir = '', now] = process.argv
const before = process.cpuUsage()
const { createAttacher, isBrickworkError } = await import('../../../lib/index.js')
const imported = process.cpuUsage(before)

/** With multipath all paths that can be live, or as many as the row says. */
function requestOf({ id, iqn, lun, portals }: StormVolume, row: Row): AttachRequest {
  const min = row.min ?? (row.portal === undefined ? ('all' as const) : row.portals - 1)
  const policy: PartialPolicy = row.multipath ? { multipath: 'require', paths: { min, graceMs: 0 } } : { multipath: 'never' }
  return { id, connection: { protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn, lun })) }, policy }
}

async function attached({ missing }: Row, { id }: StormVolume, attachment: Promise<BlockAttachment>): Promise<readonly StepTiming[]> {
  if (missing === undefined) return (await attachment).timings
  await attachment.then(
    () => Promise.reject(new Error(`${id} was attached, and it is not there`)),
    (error: unknown) => (isBrickworkError(error, 'ERR_LUN_NOT_FOUND') ? undefined : Promise.reject(error as Error)),
  )
  return []
}

class Party {
  readonly #attacher: Attacher
  #task: Task | undefined
  #report: Report | undefined

  constructor(attacher: Attacher) {
    this.#attacher = attacher
  }
  prepare(task: Task): string {
    this.#task = task
    return 'ready'
  }
  async go(): Promise<string> {
    const { loop, profile } = this.#prepared()
    const ended = loop === true ? watchLoop() : undefined
    await (profile === undefined ? this.#attach() : this.#profiled(profile))
    const delay: Delay | undefined = ended?.()
    if (delay !== undefined && this.#report !== undefined) this.#report = { ...this.#report, loop: delay }
    return 'done'
  }
  async detach(): Promise<string> {
    const { volumes } = this.#prepared()
    await Promise.all(volumes.map(({ id }) => this.#attacher.detach(id, { timeoutMs: LONG_MS })))
    return 'done'
  }
  report(): string {
    return JSON.stringify(this.#report ?? { volumes: [] })
  }

  async #profiled(file: string): Promise<void> {
    const { profiled } = await import('../profiler.js')
    await writeFile(file, JSON.stringify(await profiled(() => this.#attach(), PROFILE_US)))
  }
  async #attach(): Promise<void> {
    const { volumes, row } = this.#prepared()
    const timeoutMs = row.missing === undefined ? LONG_MS : MISSING_MS
    const from = performance.now()
    const done = await Promise.all(
      volumes.map(async (volume) => {
        const steps = await attached(row, volume, this.#attacher.attach(requestOf(volume, row), { timeoutMs }))
        return { id: volume.id, steps, atMs: performance.now() - from }
      }),
    )
    this.#report = { volumes: done.map(({ atMs }) => atMs), story: done.map(({ id, steps }) => ({ id, steps })) }
  }
  #prepared(): Task {
    if (this.#task === undefined) throw new Error('The harness has not said what to attach')
    return this.#task
  }
}

const party = new Party(await createAttacher({ policy: JSON.parse(policyText) as PartialPolicy, stateDir, runDir: '/run/brickwork' }))

async function answerTo(line: string): Promise<string> {
  if (now !== undefined) {
    party.prepare(JSON.parse(line) as Task)
    const fresh: FreshReport = { importUs: imported.user + imported.system }
    return `${await party.go()} ${JSON.stringify(fresh)}`
  }
  if (line === 'go') return await party.go()
  if (line === 'detach') return await party.detach()
  if (line === 'report') return party.report()
  return party.prepare(JSON.parse(line) as Task)
}

if (now === undefined) process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(line).catch((error: unknown) => `failed: ${String(error)}`)
  process.stdout.write(`${answer.replaceAll('\n', ' ')}\n`)
}
