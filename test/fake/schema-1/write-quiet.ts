/** Creates the states in which the library's process has ended: attached volumes, pending logins and a pending scan. */
import { isBrickworkError } from '../../../lib/index.js'
import type { HostState } from './host-state.js'
import { PORTALS, SLOW_SCAN } from './stages.js'
import { attacherOf, prepare, stateOf, type Written } from './write-host.js'

export async function attachedState(name: string): Promise<HostState> {
  const written = await prepare(name)
  for (const staged of written.stage.attachments) {
    const attacher = await attacherOf(written.host.process(), staged)
    await attacher.attach(staged.request)
    await attacher.close()
  }
  await written.host.clock.advance(3000)
  return await stateOf(written, 'attached; the process has ended')
}

/** Until the caller gives up, the portal accepts connections but never answers. */
export async function pendingStates(): Promise<HostState[]> {
  const running = await givenUp()
  const unanswered = { portals: { [PORTALS[0]]: 'mute' as const } }
  const pending = await stateOf(running, 'the caller of an attach gave up, and iscsid still tries to log in')
  const failed = await givenUp()
  while (failed.host.iscsid.pending > 0) await failed.host.clock.advance(1000)
  const over = await stateOf(failed, 'the caller of an attach gave up, and the login failed later')
  const succeeded = await givenUp()
  succeeded.host.storage.portal(PORTALS[0], 'open')
  await succeeded.host.clock.advance(5000)
  const up = await stateOf(succeeded, 'the caller of an attach gave up, and the login succeeded later')
  return [
    { ...pending, name: 'pending-login', storage: { ...running.storage, ...unanswered } },
    { ...over, name: 'pending-login-failed', storage: { ...failed.storage, ...unanswered } },
    { ...up, name: 'pending-login-succeeded' },
  ]
}
async function givenUp(): Promise<Written> {
  const written = await prepare('one-path')
  const { host, stage } = written
  const [staged] = stage.attachments
  if (staged === undefined) throw new Error('The stage attaches nothing')
  host.storage.portal(PORTALS[0], 'mute')
  const victim = host.process()
  const attacher = await attacherOf(victim, staged)
  const givesUp = new AbortController()
  const attach = attacher.attach(staged.request, { signal: givesUp.signal }).then(
    () => undefined,
    (error: unknown) => (isBrickworkError(error) ? error.sideEffects : error),
  )
  while (host.iscsid.pending === 0) await host.clock.advance(10)
  givesUp.abort(new Error('The caller gives up'))
  const sideEffects: unknown = await attach
  if (sideEffects !== 'pending') throw new Error(`The attach left no login behind: ${String(sideEffects)}`)
  victim.crash()
  return written
}

/** The process dies while the kernel scans. */
export async function scanState(): Promise<HostState> {
  const written = await prepare(SLOW_SCAN)
  const { host, stage } = written
  const [staged] = stage.attachments
  if (staged === undefined) throw new Error('The stage attaches nothing')
  const victim = host.process()
  const attacher = await attacherOf(victim, staged)
  void attacher.attach(staged.request)
  const scans = () => host.trace.filter(({ pid, call }) => pid === victim.pid && call === 'kernel.write')
  while (scans().length === 0) await host.clock.advance(10)
  victim.crash()
  const [scan] = scans()
  const scsiHost = /\/host(\d+)\/scan /.exec(scan?.subject ?? '')?.[1]
  if (scan === undefined || scsiHost === undefined) throw new Error('There was no scan')
  const sinceWallMs = host.clock.wallMs() - host.clock.now() + scan.atMs
  const state = await stateOf(written, 'the process of an attach died, and the kernel still scans')
  return { ...state, name: 'pending-scan', pendingScans: [{ hctl: `${scsiHost}:0:0:1`, sinceWallMs }] }
}
