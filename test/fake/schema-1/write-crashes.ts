/** Creates the states after a crash just before and just after each call of an attach or a detach. Equal states are kept once. */
import type { GroupedState, HostState, StateGroup } from './host-state.js'
import { attacherOf, prepare, stateOf } from './write-host.js'

type Verb = 'attach' | 'detach'
/** After this time the host has finished all requests of the dead process. */
const REST_MS = 3000

interface Found {
  readonly state: HostState
  alike: number
}

export async function crashPoints(stage: string, verb: Verb): Promise<{ states: readonly Found[]; points: number }> {
  const found = new Map<string, Found>()
  let points = 0
  for (const moment of ['before', 'after'] as const) {
    for (let call = 1; ; call++) {
      const states = await statesAt(stage, verb, call, moment)
      if (states === undefined) break
      points += 1
      for (const state of states) {
        const key = keyOf(state)
        const same = found.get(key)
        if (same === undefined) found.set(key, { state, alike: 0 })
        else same.alike += 1
      }
    }
  }
  return { states: [...found.values()], points }
}

/** Writes the common parts and each text once. */
export function groupOf(found: readonly Found[]): StateGroup {
  const [first] = found
  if (first === undefined) throw new Error('There are no states')
  const { stage, bootId, options, storage, before } = first.state
  const texts = [...new Set(found.flatMap(({ state }) => Object.values(state.facts.files)))]
  const states = found.map(({ state, alike }): GroupedState => {
    const { about, wallMs, history, facts, pendingLogins } = state
    const files = Object.entries(facts.files).map(([path, text]) => [path, texts.indexOf(text)] as const)
    return { about, alike, wallMs, history, facts: { ...facts, files: Object.fromEntries(files) }, pendingLogins }
  })
  return { common: { stage, bootId, options, storage, before }, texts, states }
}

/** `undefined` when the verb makes fewer calls. A login in progress at the crash makes a second state. */
async function statesAt(stage: string, verb: Verb, call: number, moment: 'before' | 'after'): Promise<HostState[] | undefined> {
  const written = await prepare(stage)
  const { host } = written
  const [staged] = written.stage.attachments
  if (staged === undefined) throw new Error('The stage attaches nothing')
  const victim = host.process()
  const attacher = await attacherOf(victim, staged)
  if (verb === 'detach') {
    await attacher.attach(staged.request)
    await host.clock.advance(REST_MS)
  }
  victim.crashAt(victim.calls + call, moment)
  const work = verb === 'attach' ? attacher.attach(staged.request) : attacher.detach(staged.request.id)
  const outlived = await Promise.race([work.then(() => true), victim.died.then(() => false)])
  if (outlived) return undefined
  const { call: name = '', subject = '' } = host.trace.findLast(({ pid }) => pid === victim.pid) ?? {}
  const about = `${verb} died ${moment} call ${call}, ${name} ${subject}`
  const states: HostState[] = []
  const atOnce = await stateOf(written, `${about}; a login is in progress`)
  if (isWhole(atOnce, host.iscsid.pending)) states.push(atOnce)
  await host.clock.advance(REST_MS)
  return [...states, await stateOf(written, about)]
}

/** A state with an iscsiadm that has not contacted iscsid yet, or with a disk that has no name yet, cannot be restored. */
function isWhole({ facts, before, pendingLogins }: HostState, pending: number): boolean {
  return pending > 0 && pendingLogins.length === pending && facts.disks.length === before.disks.length
}
/** Times and process ids do not count. */
function keyOf({ facts, pendingLogins }: HostState): string {
  const files = Object.entries(facts.files).map(([path, text]) => [
    path.replace(/\.brickwork-\d+-\d+\.tmp$/, '.tmp'),
    text.replace(/"(atMs|pid|untilMs)": \d+/g, ''),
  ])
  return JSON.stringify([{ ...facts, files }, pendingLogins.map(({ iqn, portal }) => [iqn, portal])])
}
