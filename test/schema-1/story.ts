/** What a library of today does with a state of schema 1, step by step. */
import { expect } from 'vitest'
import { type Attacher, createAttacher } from '../../lib/index.js'
import type { FakeHost } from '../../lib/testing/index.js'
import { factsOf } from './facts.js'
import type { HostFacts, HostState } from './host-state.js'
import { restore } from './restore.js'
import { type StagedAttachment, stageNamed } from './stages.js'

/** multipathd remembers every volume that it once had a map of: that is its own memory. */
const WWIDS = '/etc/multipath/wwids'
const TIMEOUT_MS = 120_000
const ABANDONED_MS = 660_000

export interface Story {
  readonly state: HostState
  readonly host: FakeHost
  readonly attachments: readonly Part[]
  /** What is not attached yet. */
  readonly newcomers: readonly Part[]
}
export interface Part {
  readonly staged: StagedAttachment
  readonly attacher: Attacher
}

/** Puts the state on a host, lets `tell` act on it, and expects a host as it was before the library came. */
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
  // Another writer might still need a temporary file that is younger.
  if (temporariesIn(await factsOf(host)).length > 0) await host.clock.advance(ABANDONED_MS)
  for (const attacher of attachers.values()) await recover(attacher)
  for (const attacher of attachers.values()) await attacher.close()
  await host.clock.advance(1000)
  expect(lasting(await factsOf(host))).toEqual(lasting(state.before))
  expect(host.locked).toEqual([])
  expect(host.users.held).toEqual([])
  expect(host.iscsid.pending).toBe(0)
  host.verify()
}

/** Expects that nothing is left to be done, and that nothing looks like a leftover of somebody else. */
export async function recover(attacher: Attacher): Promise<void> {
  const { actions } = await attacher.recover({ timeoutMs: TIMEOUT_MS })
  expect(actions.filter(({ action }) => action === 'left' || action === 'foreign')).toEqual([])
}
/** The entry is read as it was written, and the device is there. */
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
/** Whatever was interrupted: the volume is there afterwards. */
export async function attach({ host }: Story, { staged, attacher }: Part): Promise<void> {
  const { device, stableLink } = await attacher.attach(staged.request, { timeoutMs: TIMEOUT_MS })
  expect(host.real(stableLink ?? '')).toBe(device)
  expectVolume(host, staged, device)
}
export async function detach({ staged, attacher }: Part): Promise<void> {
  const { outcome, left } = await attacher.detach(staged.request.id, { timeoutMs: TIMEOUT_MS })
  expect({ outcome, left }).toEqual({ outcome: 'released', left: [] })
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
/** As the claim has it, or else the journal: read without the library. */
function writtenResult({ facts }: HostState, { owner, request }: StagedAttachment): WrittenResult {
  const entries = Object.entries(facts.files)
    .filter(([path]) => path.endsWith('.json'))
    .sort(([a], [b]) => Number(b.includes('/claims/')) - Number(a.includes('/claims/')))
    .map(([, text]) => JSON.parse(text) as { readonly id: string; readonly owner: string; readonly result: WrittenResult | null })
  const result = entries.find((entry) => entry.owner === owner && entry.id === request.id)?.result
  if (result == null) throw new Error(`${request.id} of ${owner} is not attached`)
  return result
}
function temporariesIn({ files }: HostFacts): string[] {
  return Object.keys(files).filter((path) => path.endsWith('.tmp'))
}
/** What must be as it was. */
function lasting({ sessions, disks, maps, files, links, iscsid }: HostFacts) {
  const kept = Object.entries(files).filter(([path]) => path !== WWIDS)
  return { sessions, disks, maps, files: Object.fromEntries(kept), links, iscsid }
}
