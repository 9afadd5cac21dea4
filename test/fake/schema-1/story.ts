/** The steps of the tests: operations of the library on a restored state, and their expected results. */
import { expect } from 'vitest'
import { type Attacher, createAttacher } from '../../../lib/index.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { factsOf } from './facts.js'
import type { HostFacts, HostState } from './host-state.js'
import { restore } from './restore.js'
import { type StagedAttachment, stageNamed } from './stages.js'

/** multipathd's own list of all volumes that ever had a map. */
const WWIDS = '/etc/multipath/wwids'
const TIMEOUT_MS = 120_000
const ABANDONED_MS = 660_000

export interface Story {
  readonly state: HostState
  readonly host: FakeHost
  readonly attachments: readonly Part[]
  /** Attachments that the state does not have. */
  readonly newcomers: readonly Part[]
}
export interface Part {
  readonly staged: StagedAttachment
  readonly attacher: Attacher
}

/** Restores the state, runs the steps of `tell`, and expects the host as it was before the library used it. */
export async function play(
  state: HostState,
  tell: (story: Story) => Promise<void>,
  newcomers: readonly StagedAttachment[] = [],
): Promise<void> {
  const host = await restore(state)
  const staged = stageNamed(state.stage).attachments
  const attachers = new Map<string, Attacher>()
  for (const { owner, stateDir } of [...staged, ...newcomers]) {
    if (!attachers.has(owner)) attachers.set(owner, await createAttacher({ host: host.process(), owner, stateDir }))
  }
  const partsOf = (some: readonly StagedAttachment[]) =>
    some.flatMap((each) => {
      const attacher = attachers.get(each.owner)
      return attacher === undefined ? [] : [{ staged: each, attacher }]
    })
  await tell({ state, host, attachments: partsOf(staged), newcomers: partsOf(newcomers) })
  // recover() removes temporary files only when they are old.
  if (temporariesIn(await factsOf(host)).length > 0) await host.clock.advance(ABANDONED_MS)
  for (const attacher of attachers.values()) await recover(attacher)
  for (const attacher of attachers.values()) await attacher.close()
  // A late session or disk would appear within this time.
  await host.clock.advance(10_000)
  expect(lasting(await factsOf(host))).toEqual(lasting(state.before))
  expect(host.locked).toEqual([])
  expect(host.users.holds).toEqual([])
  expect(host.iscsid.pending).toBe(0)
  host.verify()
}

/** Expects that the recovery leaves nothing, and reports nothing of another owner. */
export async function recover(attacher: Attacher): Promise<void> {
  const { actions } = await attacher.recover({ timeoutMs: TIMEOUT_MS })
  expect(actions.filter(({ action }) => action === 'left' || action === 'foreign')).toEqual([])
}
/** Expects that `list()` and `inspect()` return what the entry says. */
export async function expectAttached({ state, host }: Story, { staged, attacher }: Part): Promise<void> {
  const { id } = staged.request
  const written = writtenResult(state, staged)
  const listed = (await attacher.list()).filter((each) => each.id === id)
  expect(listed).toMatchObject([{ owner: staged.owner, state: 'attached', present: true, device: written.device }])
  const inspected = await attacher.inspect(id)
  expect(inspected.attachment).toMatchObject({ ...written, paths: written.paths.map(({ device }) => ({ device })) })
  expectVolume(host, staged, written.device)
}
export async function attachAgain({ state, host }: Story, { staged, attacher }: Part): Promise<void> {
  const { device, stableLink } = writtenResult(state, staged)
  expect(await attacher.attach(staged.request)).toMatchObject({ reused: true, device, stableLink })
  expect(host.real(stableLink)).toBe(device)
  expectVolume(host, staged, device)
}
/** Attaches, whatever operation was interrupted before. */
export async function attach({ host }: Story, { staged, attacher }: Part): Promise<void> {
  const { device, stableLink } = await attacher.attach(staged.request, { timeoutMs: TIMEOUT_MS })
  expect(host.real(stableLink ?? '')).toBe(device)
  expectVolume(host, staged, device)
}
export async function detach({ staged, attacher }: Part): Promise<void> {
  const { outcome, remaining } = await attacher.detach(staged.request.id, { timeoutMs: TIMEOUT_MS })
  expect({ outcome, remaining }).toEqual({ outcome: 'released', remaining: [] })
}

function expectVolume(host: FakeHost, { volume }: StagedAttachment, device: string): void {
  expect(new Set(host.volumesBehind(device))).toEqual(new Set([volume]))
}
interface WrittenResult {
  readonly device: string
  readonly stableLink: string
  readonly sizeBytes: number
  readonly paths: readonly { readonly device: string }[]
}
function writtenResult(state: HostState, staged: StagedAttachment): WrittenResult {
  const result = writtenEntry(state, staged)?.result
  if (result == null) throw new Error(`${staged.request.id} of ${staged.owner} is not attached`)
  return result
}
interface WrittenEntry {
  readonly id: string
  readonly owner: string
  readonly state: 'attaching' | 'attached' | 'detaching'
  readonly result: WrittenResult | null
}
/** From the claim or, without one, from the journal. Read without the library. */
export function writtenEntry({ facts }: HostState, { owner, request }: StagedAttachment): WrittenEntry | undefined {
  return Object.entries(facts.files)
    .filter(([path]) => path.endsWith('.json'))
    .sort(([a], [b]) => Number(b.includes('/claims/')) - Number(a.includes('/claims/')))
    .map(([, text]) => JSON.parse(text) as WrittenEntry)
    .find((entry) => entry.owner === owner && entry.id === request.id)
}
function temporariesIn({ files }: HostFacts): string[] {
  return Object.keys(files).filter((path) => path.endsWith('.tmp'))
}
/** The facts that must be unchanged at the end. */
function lasting({ sessions, disks, maps, files, links, iscsid }: HostFacts) {
  const kept = Object.entries(files).filter(([path]) => path !== WWIDS)
  return { sessions, disks, maps, files: Object.fromEntries(kept), links, iscsid }
}
