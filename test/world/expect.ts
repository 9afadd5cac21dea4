/** Expectations of scenarios. They also run in the guest, which has no test framework. */
import { deepStrictEqual, ok } from 'node:assert'
import type { Attacher, AttachRequest, BlockAttachment, Call, DetachReport } from '../../lib/index.js'
import type { Story } from '../play/scenario.js'
import type { TargetOptions, World } from './world.js'

export function equal(actual: unknown, expected: unknown, what: string): void {
  deepStrictEqual(actual, expected, `${what}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`)
}
export function truthy(condition: boolean, what: string): void {
  ok(condition, what)
}
export async function expectClean(world: World, when: string): Promise<void> {
  equal(await world.leftovers(), { sessions: [], records: [], disks: [], maps: [] }, `the host ${when}`)
}

/** The part of a detach report that is equal in both worlds. */
export function released(report: DetachReport): unknown {
  const { outcome, kept, remaining: left, dataLossPossible } = report
  return { outcome, kept: kept.map(({ reason }) => reason), left: left.map(({ reason }) => reason), dataLossPossible }
}

/** An operation returns within 0.5 s of its deadline, plus the lateness of a control timer. */
export async function answersInTime<T>(world: World, timeoutMs: number, call: () => Promise<T>): Promise<T> {
  world.lateness()
  const from = world.now()
  try {
    return await call()
  } finally {
    const took = world.now() - from
    const late = world.lateness()
    ok(took <= timeoutMs + 500 + late, `answered after ${took} ms, deadline ${timeoutMs} ms, control timer ${late} ms late`)
  }
}

/** Aborts when the timeline reaches the step. */
export function abortAt(attacher: Attacher, step: string): AbortSignal {
  const controller = new AbortController()
  const events = attacher.events()
  void (async () => {
    for await (const event of events) {
      if (event.type !== 'step:start' || event.step !== step) continue
      controller.abort(new Error(`at ${step}`))
      return
    }
  })()
  return controller.signal
}

export const IQN = 'iqn.2024-01.org.example:storage'
export const PORTAL = '10.99.1.1:3260'
export const SECOND_PORTAL = '10.99.2.1:3260'

/** One target with one portal and the volume `data` as LUN 1. */
export async function serveOne(world: World, options: { content?: 'blank' | 'ext4'; chap?: TargetOptions['chap'] } = {}): Promise<void> {
  await world.volume('data', { content: options.content ?? 'blank' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, ...(options.chap === undefined ? {} : { chap: options.chap }) })
}
export function request(
  id: string,
  more: Partial<AttachRequest> & { lun?: number; iqn?: string; portals?: readonly string[] } = {},
): AttachRequest {
  const { lun = 1, iqn = IQN, portals = [PORTAL], ...rest } = more
  return {
    id,
    connection: { protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn, lun })) },
    policy: { multipath: 'never' },
    ...rest,
  }
}
export async function attachOk(story: Story, attacher: Attacher, asked: AttachRequest, what = `attach ${asked.id}`, call: Call = {}) {
  const attachment = await story.tell(what, attacher.attach(asked, call), ({ reused, degraded, udevReady, paths, sizeBytes, wwid }) => {
    return { reused, degraded, udevReady, paths: paths.length, sizeBytes, wwid: wwid ?? null }
  })
  ok(attachment !== undefined, `${what} succeeds: ${JSON.stringify(story.noted.at(-1))}`)
  return attachment
}
export async function detachOk(story: Story, attacher: Attacher, id: string, options: { force?: boolean } = {}) {
  const report = await story.tell(`detach ${id}`, attacher.detach(id, options), released)
  ok(report !== undefined, `detach ${id} succeeds: ${JSON.stringify(story.noted.at(-1))}`)
  return report
}

/** The attachment, as the block device that every transport of these tests returns. */
export async function inspected(attacher: Attacher, id: string): Promise<BlockAttachment> {
  const { attachment } = await attacher.inspect(id)
  ok(attachment?.kind === 'block', `${id} is attached as a block device`)
  return attachment
}
