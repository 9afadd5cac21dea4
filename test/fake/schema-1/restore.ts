/** Restores a state on a new fake host: same boot id, same numbers, live sessions, disks and maps. */
import { expect } from 'vitest'
import { FakeHost } from '../../../lib/testing/index.js'
import { addDisk, addMap, addWwid, createMap, logIn, logOut, removeDisk, removeMap, scan } from './actions.js'
import { factsOf } from './facts.js'
import type { HostEvent, HostFacts, HostState, SessionFacts, StorageFacts } from './host-state.js'
import { arrangeStorage } from './storage.js'

/** After this time udev and multipathd have processed an action. */
const REST_MS = 200
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** Fails when the restored host differs from the facts of the state. */
export async function restore(state: HostState): Promise<FakeHost> {
  const machine = new FakeHost(state.options)
  machine.put(BOOT_ID, `${state.bootId}\n`, { mode: 0o444 })
  arrangeStorage(machine, state.storage)
  const others = machine.process()
  for (const event of state.history) {
    if (!isPrompt(event)) await machine.clock.advance(REST_MS)
    await replay(others, event, state.storage)
  }
  putFiles(machine, state.facts)
  for (const [portal, how] of Object.entries(state.storage.portals)) machine.storage.portal(portal, how)
  for (const { iqn, portal, sinceWallMs } of state.pendingLogins) await begin(others, sinceWallMs, () => logIn(others, iqn, portal))
  for (const { hctl, sinceWallMs } of state.pendingScans ?? []) await begin(others, sinceWallMs, () => scan(others, hctl))
  await waitUntil(machine, state.wallMs)
  await verify(machine, state)
  return machine
}

/** The library creates a map by ioctl before udev has described its paths. Later, multipathd would create it first. */
function isPrompt(event: HostEvent): boolean {
  return event.event === 'add-disk' || event.event === 'add-wwid' || (event.event === 'add-map' && event.createdBy === 'ioctl')
}
function replay(host: FakeHost, event: HostEvent, storage: StorageFacts): Promise<void> {
  switch (event.event) {
    case 'login':
      return logInAnyhow(host, event, storage)
    case 'logout':
      return logOut(host, event.session)
    case 'add-disk':
      return addDisk(host, event.hctl)
    case 'remove-disk':
      return removeDisk(host, event.hctl)
    case 'add-wwid':
      return addWwid(host, event.wwid)
    case 'add-map':
      return event.createdBy === 'ioctl'
        ? createMap(host, event.name, event.uuid, event.paths)
        : addMap(host, event.uuid.slice('mpath-'.length))
    case 'remove-map':
      return removeMap(host, event.uuid)
  }
}
/** Logs in through a temporary record. The state's own records are put in place later. */
async function logInAnyhow(host: FakeHost, { iqn, portal }: { iqn: string; portal: string }, { targets }: StorageFacts): Promise<void> {
  const chap = targets.find((target) => target.iqn === iqn)?.chap
  const [address = '', port = ''] = portal.split(':')
  const lines = [
    `node.name = ${iqn}`,
    `node.conn[0].address = ${address}`,
    `node.conn[0].port = ${port}`,
    'node.session.scan = manual',
    ...(chap === undefined ? [] : ['node.session.auth.authmethod = CHAP']),
    ...(chap === undefined ? [] : [`node.session.auth.username = ${chap.username}`, `node.session.auth.password = ${chap.secret}`]),
  ]
  host.put(`/etc/iscsi/nodes/${iqn}/${address},${port}`, `${lines.join('\n')}\n`, { mode: 0o600 })
  await logIn(host, iqn, portal)
  host.take(`/etc/iscsi/nodes/${iqn}`)
}
/** Starts an action and does not wait for its end: the process that requested it is dead. */
async function begin(host: FakeHost, sinceWallMs: number, act: () => Promise<void>): Promise<void> {
  await waitUntil(host, sinceWallMs)
  act().catch(() => undefined)
}
function putFiles(host: FakeHost, { files, links }: HostFacts): void {
  host.putDirectory('/run/brickwork', 0o755)
  for (const [path, text] of Object.entries(files)) {
    if (!path.startsWith('/etc/')) host.putDirectory(path.slice(0, path.lastIndexOf('/')), 0o700)
    host.put(path, new TextEncoder().encode(text), { mode: 0o600 })
  }
  for (const [path, target] of Object.entries(links)) host.putLink(path, target)
}
async function waitUntil(host: FakeHost, wallMs: number): Promise<void> {
  const leftMs = wallMs - host.clock.wallMs()
  if (leftMs < 0) throw new Error(`The host needed ${-leftMs} ms more than it had when the state came about`)
  await host.clock.advance(leftMs)
}

async function verify(host: FakeHost, state: HostState): Promise<void> {
  const facts = await factsOf(host)
  const isLoggingIn = (session: SessionFacts) =>
    state.pendingLogins.some(({ iqn, portal }) => iqn === session.iqn && portal === session.portal)
  const sessions = facts.sessions.filter((session) => !isLoggingIn(session))
  expect({ ...facts, sessions }, `the host of ${state.name}`).toEqual(state.facts)
  expect(host.iscsid.pending, `logins that iscsid tries on the host of ${state.name}`).toBe(state.pendingLogins.length)
}
