/** Conditions that must hold at any moment, whatever is in progress. */
import type { Entry } from '../../lib/operation/entry.js'
import { parseEntry } from '../../lib/operation/entry-text.js'
import { RUN_DIR, stateDirOf } from './agent.js'
import { markOf } from './attached.js'
import { GUEST_LUN } from './layout.js'
import { disksSeen, ourRecords, secondDatabaseSeen, sessionsSeen } from './look.js'
import { Violation } from './violation.js'
import { OWNERS, type World } from './world.js'

/** @throws a {@link Violation} for the first promise that is broken now. */
export function checkInvariants(world: World): void {
  const entries = readEntries(world)
  world.check()
  nobodyElseIsTouched(world)
  guestsAreNotTouched(world)
  whatWasHandedOutIsThere(world)
  everythingIsSpokenOf(world, entries)
}

/** Every state file can be read, because files are replaced as a whole. */
function readEntries(world: World): Entry[] {
  const directories = [...OWNERS.map((owner) => `${stateDirOf(owner)}/attachments`), `${RUN_DIR}/claims`]
  return directories.flatMap((directory) =>
    world.host
      .names(directory)
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        try {
          return parseEntry(world.host.text(`${directory}/${name}`) ?? '', `${directory}/${name}`)
        } catch (error) {
          throw new Violation('every state file can be read', String(error))
        }
      }),
  )
}

function nobodyElseIsTouched({ host, people, layout, secondDatabase }: World): void {
  const sessions = new Set(sessionsSeen(host).map(({ id }) => id))
  const disks = new Set(disksSeen(host).map(({ hctl }) => hctl))
  const touched = (what: string) => {
    throw new Violation('nothing of others is touched', what)
  }
  for (const { iqn, session, record, recordText, disks: theirs, fromMs } of people.logins) {
    if (session !== undefined && !sessions.has(session)) touched(`session ${session} of somebody else is gone`)
    if (host.text(record) !== recordText) touched(`the record ${record} of somebody else was changed or removed`)
    for (const hctl of theirs) {
      // An unused disk whose LUN now shows another volume may be replaced.
      const stale = layout.side.shownSince({ iqn, lun: Number(hctl.split(':')[3]) }, fromMs).length > 1
      if (!stale && !disks.has(hctl)) touched(`disk ${hctl} of somebody else is gone`)
    }
  }
  if (secondDatabaseSeen(host, layout.recordRoot) !== secondDatabase) touched('the database that iscsiadm does not read was changed')
  for (const { device, mark, how } of people.using)
    if (markOf(host, device) !== mark) touched(`${device}, which somebody has ${how}, is gone`)
}

/** Maps of other programs keep their paths and receive no commands. Their disks in sessions of Brickwork stay, with the sessions. */
function guestsAreNotTouched({ host, guests, layout }: World): void {
  const touched = (what: string) => {
    throw new Violation('nothing of others is touched', what)
  }
  const disks = new Set(disksSeen(host).map(({ hctl }) => hctl))
  for (const { map, login, paths, daemonSince } of guests.maps) {
    if (map.gone) touched(`map ${map.uuid} of somebody else is gone`)
    for (const { block, hctl } of paths) {
      // multipathd removes a path whose LUN now shows another volume.
      const stale = layout.side.shownSince({ iqn: login.iqn, lun: Number(hctl.split(':')[3]) }, login.fromMs).length > 1
      if (!stale && daemonSince === host.multipathd.startedAt && map.pathTo(block) === undefined)
        touched(`${block.name} was taken out of map ${map.uuid} of somebody else`)
    }
  }
  const [told] = guests.toldOfMaps()
  if (told !== undefined) touched(`of a map of somebody else was said: ${told}`)
  for (const { hctl, device, mark, session } of guests.disks)
    if (!disks.has(hctl) || markOf(host, device) !== mark) touched(`${device}, which somebody uses in session ${session}, is gone`)
}

/** Until an agent requests a change of an attachment, its device stays. */
function whatWasHandedOutIsThere({ host, attached }: World): void {
  for (const { owner, id, device, mark } of attached.all())
    if (markOf(host, device) !== mark)
      throw new Violation('an attached device stays until its own detach', `${device} of ${owner}'s ${id} is gone`)
}

/** Every object of Brickwork on the host is in a claim or a journal. */
function everythingIsSpokenOf(world: World, entries: readonly Entry[]): void {
  const { host, people, guests, layout } = world
  const boot = host.text('/proc/sys/kernel/random/boot_id')
  const current = entries.filter((entry) => entry.boot === boot)
  const keys = new Set(current.flatMap(({ objects }) => objects.map(({ key }) => key)))
  const paths = new Set(entries.flatMap(({ objects, pending }) => [...objects, ...pending].map(({ data }) => data['path'])))
  const pending = current.flatMap((entry) => entry.pending.map(({ data }) => data))
  const leftover = (what: string) => {
    throw new Violation('everything is spoken of', `${what} is known to no claim and no journal`)
  }
  const foreignSessions = new Set(people.logins.map(({ session }) => session))
  const foreignDisks = new Set(people.logins.flatMap(({ disks }) => disks))
  /** LUNs that the pending logins to the portal of a session scan on it. */
  const scans = new Set<string>()
  for (const { id, iqn, portal } of sessionsSeen(host)) {
    const logins = pending.filter((data) => data['iqn'] === iqn && `${data['address'] ?? ''} ${data['port'] ?? ''}` === portal)
    for (const { lun } of logins) scans.add(`${id} ${String(lun)}`)
    const awaited = logins.length > 0
    if (!keys.has(`session ${id}`) && !awaited && !foreignSessions.has(id) && !guests.hasSession(id))
      leftover(`session ${id} to ${iqn} at ${portal}`)
  }
  for (const { hctl, session, lun, name } of disksSeen(host)) {
    const isNamed = keys.has(`disk session ${session} ${lun}`) || scans.has(`${session} ${lun}`)
    if (!isNamed && !foreignDisks.has(hctl) && Number(lun) !== GUEST_LUN)
      leftover(`disk ${name ?? hctl} (LUN ${lun} of session ${session})`)
  }
  for (const path of ourRecords(host, layout.recordRoot)) {
    if (paths.has(path) || world.survivors.has(path) || guests.hasRecord(path)) continue
    // After a reboot only the journal is left, and it names the portal.
    const named = entries.some((entry) => entry.boot !== boot && JSON.stringify(entry.connection).includes(iqnOf(path)))
    if (!named) leftover(`the record ${path}`)
  }
}
/**
 * Records of attachments. A recovery, or a detach without an entry, removes records that are in no journal: it finds them by their mark.
 */
export function recordsOfAttachments(world: World): string[] {
  const boot = world.host.text('/proc/sys/kernel/random/boot_id')
  const claims = readEntries(world).filter((entry) => entry.boot === boot && entry.id !== '' && !entry.id.startsWith('connection '))
  return claims.flatMap(({ objects }) => objects.flatMap(({ kind, data }) => (kind === 'record' ? [String(data['path'])] : [])))
}
/** After a power loss only the journals of the attachments are left. They name the target of each record that has outlived it. */
export function checkJournalsName(world: World, records: readonly string[]): void {
  const named = readEntries(world).map(({ connection }) => JSON.stringify(connection))
  for (const path of records)
    if (world.survivors.has(path) && !named.some((connection) => connection.includes(iqnOf(path))))
      throw new Violation('everything is spoken of', `the record ${path} has outlived the power loss, and no journal names it`)
}
const iqnOf = (path: string) => /\/nodes\/([^/]+)\//.exec(path)?.[1] ?? path
