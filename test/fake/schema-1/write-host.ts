/** Prepares the host of a state: its storage, and the sessions, disks and maps of another program. */
import { type Attacher, createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { addMap, createMap, logIn, run } from './actions.js'
import { factsOf } from './facts.js'
import { recordHistory } from './history.js'
import type { HostEvent, HostFacts, HostState, PendingLogin, StorageFacts } from './host-state.js'
import { FOREIGN, FOREIGN_MAP, IQN, PORTALS, type Stage, stageNamed } from './stages.js'
import { arrangeStorage } from './storage.js'

/** A restoration needs more time than the first run did. This is its reserve. */
const SPARE_MS = 20_000

export interface Written {
  readonly name: string
  readonly stage: Stage
  readonly host: FakeHost
  readonly storage: StorageFacts
  readonly history: readonly HostEvent[]
  readonly before: HostFacts
}

export async function prepare(name: string): Promise<Written> {
  const stage = stageNamed(name)
  const host = new FakeHost(stage.options)
  const storage = storageOf(stage)
  arrangeStorage(host, storage)
  const history = recordHistory(host)
  const other = host.process()
  for (const { iqn, portals } of [FOREIGN, FOREIGN_MAP]) for (const portal of portals) await logInByHand(other, iqn, portal)
  await host.clock.advance(500)
  await mapByHand(other)
  if (stage.loggedIn === 'with LUN 1') {
    host.storage.iscsi.unmapLun(IQN, 2)
    await logInByHand(other, IQN, PORTALS[0])
    host.storage.iscsi.mapLun(IQN, 2, 'second')
  }
  if (stage.record === true || stage.loggedIn === 'without disks') {
    const record = ['-m', 'node', '-T', IQN, '-p', `${PORTALS[0]},1`]
    await run(other, 'iscsiadm', ...record, '-o', 'new')
    await run(other, 'iscsiadm', ...record, '-o', 'update', '-n', 'node.session.scan', '-v', 'manual')
  }
  if (stage.loggedIn === 'without disks') await logIn(other, IQN, PORTALS[0])
  await host.clock.advance(SPARE_MS)
  return { name, stage, host, storage, history, before: await factsOf(host) }
}

export async function attacherOf(host: FakeHost, { owner, stateDir }: Stage['attachments'][number]): Promise<Attacher> {
  return await createAttacher({ host, owner, stateDir })
}

/** The state of the host now. */
export async function stateOf({ name, stage, host, storage, history, before }: Written, about: string): Promise<HostState> {
  const facts = await factsOf(host)
  const pendingLogins = pendingOn(host, facts)
  const isPending = ({ iqn, portal }: { iqn: string; portal: string }) =>
    pendingLogins.some((each) => each.iqn === iqn && each.portal === portal)
  // A process may have died before its command began.
  const wwids = facts.files['/etc/multipath/wwids'] ?? ''
  const happened = (event: HostEvent) => {
    if (event.event === 'login') return !isPending(event)
    return event.event !== 'add-wwid' || wwids.includes(event.wwid)
  }
  return {
    name,
    stage: name,
    about,
    bootId: host.text('/proc/sys/kernel/random/boot_id') ?? '',
    wallMs: host.clock.wallMs(),
    options: stage.options,
    storage,
    history: history.filter(happened),
    facts: { ...facts, sessions: facts.sessions.filter((session) => !isPending(session)) },
    pendingLogins,
    before,
  }
}

function storageOf({ chap, hostNames = {}, localDisks = {} }: Stage): StorageFacts {
  const serial = (digit: string) => `${digit}0000000-0000-4000-8000-00000000000${digit}`
  const target = { iqn: IQN, portals: PORTALS, luns: { 1: 'data', 2: 'second' }, ...(chap === undefined ? {} : { chap }) }
  return {
    volumes: [
      { name: 'data', serial: serial('1'), sizeMb: 64, content: 'ext4' },
      { name: 'second', serial: serial('2'), sizeMb: 64, content: 'blank' },
      { name: 'foreign', serial: serial('3'), sizeMb: 64, content: 'ext4' },
      { name: 'foreign-map', serial: serial('4'), sizeMb: 64, content: 'ext4' },
    ],
    targets: [target, { ...FOREIGN, luns: { 1: 'foreign' } }, { ...FOREIGN_MAP, luns: { 1: 'foreign-map' } }],
    portals: {},
    hostNames,
    localDisks,
  }
}
/** Logs in with a record as open-iscsi creates it, so that all LUNs are scanned. */
async function logInByHand(host: FakeHost, iqn: string, portal: string): Promise<void> {
  await run(host, 'iscsiadm', '-m', 'node', '-T', iqn, '-p', `${portal},1`, '-o', 'new')
  await logIn(host, iqn, portal)
}
/** multipathd creates the map. Without multipathd, dmsetup creates it. */
async function mapByHand(host: FakeHost): Promise<void> {
  const naa = host.storage.volumeNamed('foreign-map').naa ?? ''
  const paths = host.names('/sys/block').filter((name) => host.text(`/sys/block/${name}/device/wwid`) === `naa.${naa}`)
  if (host.multipathd.running) await addMap(host, `3${naa}`)
  else await createMap(host, 'foreign-map', `mpath-3${naa}`, paths)
}
/** Logins in progress, with the time of the request to iscsid. */
function pendingOn(host: FakeHost, { sessions }: HostFacts): PendingLogin[] {
  const begun = sessions.filter(({ state }) => state === 'FREE')
  return begun.map(({ iqn, portal }) => {
    const asked = host.trace.findLast(({ call, subject }) => call === 'commands.run' && subject.includes(`-T ${iqn} -p ${portal} `))
    if (asked === undefined) throw new Error(`Nobody asked for the login to ${iqn} at ${portal}`)
    return { iqn, portal, sinceWallMs: host.clock.wallMs() - host.clock.now() + asked.atMs }
  })
}
