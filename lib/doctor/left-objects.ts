/** Attachments whose device is gone, and objects of Brickwork that no attachment names. */
import { hostTopology } from '../operation/check-facts.js'
import type { Connector } from '../operation/connector.js'
import { type Entry, keysOf } from '../operation/entry.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, unknown, warning } from '../operation/host-check.js'
import type { MarkedObject } from '../operation/marked-object.js'
import { readClaimFiles, readJournalFiles } from './entry-files.js'

const MOST_SHOWN = 5
const BOOT_ID = '/proc/sys/kernel/random/boot_id'
/** The owner of an attacher that was given none. */
const DEFAULT_OWNER = 'default'

export function orphanChecks(connectors: readonly Pick<Connector, 'marked'>[]): readonly HostCheck[] {
  return [
    {
      id: 'state.devices',
      group: 'state',
      title: 'every attached volume still has its device',
      reads: 'journal, claims, `/sys/class/block`',
      run: lostDevices,
    },
    {
      id: 'state.orphans',
      group: 'state',
      title: 'every object that Brickwork has made belongs to an attachment',
      reads: "Brickwork's mark in node records, `/sys/class/iscsi_session`, journal, claims",
      run: async (context) => await orphans(context, connectors),
    },
  ]
}

async function lostDevices(context: CheckContext): Promise<Finding> {
  const [journal, claims, boot] = await Promise.all([
    context.once(readJournalFiles),
    context.once(readClaimFiles),
    context.host.files.read(BOOT_ID),
  ])
  // The same attachment has a claim and, of this owner, an entry in the journal.
  const entries = new Map([...claims.entries, ...journal.entries].map((each) => [`${each.entry.owner} ${each.entry.id}`, each]))
  const attached = [...entries.values()].filter(({ entry }) => entry.boot === boot && entry.state === 'attached' && entry.result !== null)
  const checked = await Promise.all(attached.map(async ({ file, entry }) => ({ file, entry, why: await whyLost(context, entry) })))
  const lost = checked.filter(({ why }) => why !== undefined)
  if (lost.length === 0)
    return ok('Every attached volume has its device', [seen('/sys/class/block', `${attached.length} attached volumes`)])
  return warning(
    `${lost.length} of ${attached.length} attached volumes ${lost.length === 1 ? 'has' : 'have'} lost the device: ${lost
      .slice(0, MOST_SHOWN)
      .map(({ entry }) => entry.id)
      .join(', ')}`,
    lost.slice(0, MOST_SHOWN).map(({ file, entry, why = '' }) => seen(file, `${entry.id}: ${why}`)),
    `Detach it and attach it again (brickwork detach ${lost[0]?.entry.id ?? 'ID'}); another program or the array has removed the device`,
  )
}
/** The kernel uses names again: the WWID must be that of the attachment. */
async function whyLost(context: CheckContext, { result }: Entry): Promise<string | undefined> {
  const { device = '', wwid } = result ?? {}
  const name = device.replace('/dev/', '')
  const { devices } = await context.once(hostTopology)
  const found = devices.find((each) => each.name === name)
  if (found !== undefined && wwid !== undefined && found.wwid !== undefined && found.wwid !== wwid)
    return `${device} is another volume now (${found.wwid}, not ${wwid})`
  // It may have been attached after the devices were read.
  return found === undefined && (await context.host.files.stat(`/sys/class/block/${name}`)) === undefined ? `${device} is gone` : undefined
}

async function orphans(context: CheckContext, connectors: readonly Pick<Connector, 'marked'>[]): Promise<Finding> {
  const facts = connectors.flatMap(({ marked }) => marked ?? [])
  const marked = (await Promise.all(facts.map((fact) => context.once(fact)))).flat()
  const evidence = [seen('marked objects', marked.length)]
  if (marked.length === 0) return ok('Brickwork has made nothing that is left', evidence)
  // An attach names an object before it makes it: read after the objects, entries name each of them.
  const [journal, claims] = await Promise.all([readJournalFiles(context), readClaimFiles(context)])
  const keys = new Set([...journal.entries, ...claims.entries].flatMap(({ entry }) => keysOf(entry)))
  const left = marked.filter((each) => !each.keys.some((key) => keys.has(key)))
  if (left.length === 0) return ok('Every object that Brickwork has made belongs to an attachment', evidence)
  const [error] = [...journal.errors, ...claims.errors]
  if (error !== undefined)
    return unknown(`${left.length} objects may be left without an attachment, or belong to one whose file cannot be read`, [
      seen(error.file, error.why),
      ...shown(left),
    ])
  const owners = new Set(journal.entries.map(({ entry }) => entry.owner))
  if (owners.size === 0) owners.add(DEFAULT_OWNER)
  const mine = left.filter(({ owner }) => owner !== undefined && owners.has(owner))
  const [first] = mine
  // After a reboot, only the journal of the other owner names what it has attached.
  if (first === undefined)
    return note(
      `${left.length} ${left.length === 1 ? 'object' : 'objects'} of other owners ${left.length === 1 ? 'has' : 'have'} no claim; their own journals may name them`,
      shown(left),
      'Let each of these owners recover (brickwork recover --dry-run --owner OWNER --state-dir DIR)',
    )
  return warning(
    `${mine.length} ${mine.length === 1 ? 'object that Brickwork has made belongs' : 'objects that Brickwork has made belong'} to no attachment`,
    shown(mine),
    `Show what a recovery would do (brickwork recover --dry-run${first.owner === DEFAULT_OWNER ? '' : ` --owner ${first.owner ?? ''}`}), then run it without --dry-run`,
  )
}
function shown(objects: readonly MarkedObject[]) {
  return objects.slice(0, MOST_SHOWN).map(({ what, owner }) => seen(what, owner === undefined ? 'no owner' : `owner ${owner}`))
}
