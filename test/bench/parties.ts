/** The parties of a storm: os-brick, Brickwork with different settings, and a bound for each of these. Each is a process of its own. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { PartialPolicy } from '../../lib/index.js'
import { parsePortal } from '../../lib/core/portal.js'
import { builtInIface } from '../../lib/linux/iscsi/iface.js'
import { versionIn } from '../../lib/linux/iscsi/installation.js'
import { type Layout, layoutOf } from '../../lib/linux/iscsi/iscsid/layout.js'
import { encodeLogin, encodeQuestion } from '../../lib/linux/iscsi/iscsid/request.js'
import { formatRecord, recordFile } from '../../lib/linux/iscsi/record.js'
import { parseRecord } from '../../lib/linux/iscsi/settings-file.js'
import { must, run } from '../world/real/shell.js'
import type { Report, Task } from './party/protocol.js'
import type { Row, Way } from './row.js'
import type { Stopwatch } from './stopwatch.js'

export interface Party {
  readonly name: string
  readonly argv: readonly string[]
  /** Files and directories of its own, removed before it starts. */
  readonly state: readonly string[]
  prepare(stopwatch: Stopwatch, task: Task): Promise<void>
  /** Called once after each attach. */
  report(stopwatch: Stopwatch): Promise<Report>
  /** `undefined`: it detaches itself, and is timed. */
  readonly remove?: () => Promise<void>
  /** Starts a process for each attach; the party of this name detaches. */
  readonly freshOf?: Way
}

/** Tells the party the task, and reads its report, in JSON. */
const byJson = (name: string): Pick<Party, 'prepare' | 'report'> => ({
  prepare: async (stopwatch, task) => {
    await stopwatch.tell(name, JSON.stringify(task))
  },
  report: async (stopwatch) => JSON.parse(await stopwatch.tell(name, 'report')) as Report,
})

export function osBrick(): Party {
  return {
    name: 'os-brick',
    argv: ['python3', '/brickwork/test/bench/party/os-brick.py'],
    state: ['/run/lab-os-brick'],
    ...byJson('os-brick'),
  }
}

const WAYS: readonly Way[] = ['Brickwork', 'Brickwork socket', 'Brickwork direct']
const POLICIES: Readonly<Record<Way, PartialPolicy>> = {
  Brickwork: { ready: 'udev' },
  'Brickwork socket': { ready: 'kernel', iscsi: { logins: 'socket' } },
  'Brickwork direct': { ready: 'kernel', iscsi: { logins: 'socket' }, assemble: 'direct' },
}
function programOf(way: Way): readonly string[] {
  const program = '/brickwork/build/lab/test/bench/party/brickwork.js'
  return ['node', program, JSON.stringify(POLICIES[way]), stateOf(way)]
}
const stateOf = (way: Way) => `/disk/${way.replaceAll(' ', '-')}`

export function brickwork(way: Way): Party {
  return { name: way, argv: programOf(way), state: [stateOf(way)], ...byJson(way) }
}
/** The same by a process that starts for each attach. */
export function freshBrickwork(way: Way): Party {
  const nothing = () => Promise.resolve()
  const report = () => Promise.resolve({ volumes: [] })
  return { name: `${way}, a new process`, argv: [...programOf(way), 'now'], state: [], prepare: nothing, report, freshOf: way }
}

const REQUESTS = '/run/lab-bound'
const QUESTION = `${REQUESTS}/question`
const DATABASE = '/etc/iscsi'
const OWNER = 'bound'

/** The bound of each way: its name, and what it does (./bound/bound.c). */
export const BOUND_OF: Readonly<Record<Way, { readonly name: string; readonly how: string }>> = {
  Brickwork: { name: 'bound as it comes', how: 'comes' },
  'Brickwork socket': { name: 'bound', how: 'plain' },
  'Brickwork direct': { name: 'bound direct', how: 'direct' },
}

export async function bound(way: Way): Promise<Party> {
  const layout = layoutOf(versionIn(await must(['iscsiadm', '--version'])))
  if (layout === undefined) throw new Error('The requests of this open-iscsi are not known')
  await mkdir(REQUESTS, { recursive: true })
  await writeFile(QUESTION, encodeQuestion(layout.requestBytes))
  const { name, how } = BOUND_OF[way]
  return {
    name,
    argv: ['/brickwork/build/bench/bound', how],
    state: [],
    prepare: async (stopwatch, { volumes, row }) => {
      for (const line of await linesOf(layout, volumes, row, how === 'comes')) await stopwatch.give(name, line)
      await stopwatch.tell(name, 'ready')
    },
    report: async (stopwatch) => JSON.parse(await stopwatch.tell(name, 'report')) as Report,
    remove: removeByHand,
  }
}

/** Also writes the requests of the logins, and the node records of those by iscsiadm. */
async function linesOf(layout: Layout, volumes: Task['volumes'], row: Row, byIscsiadm: boolean): Promise<readonly string[]> {
  const logins = new Set<string>()
  const luns: string[] = []
  for (const { iqn, lun, portals } of volumes) {
    for (const each of portals) {
      const portal = parsePortal(each)
      if (portal === undefined) throw new Error(`${each} is no portal`)
      const iface = builtInIface('default')
      const session = { replacementTimeoutSec: 120 }
      const record = formatRecord({ target: iqn, portal, iface, owner: OWNER, loginTimeoutSec: 15, session })
      const file = `${REQUESTS}/${iqn}-${portal.address}`
      await writeFile(file, encodeLogin(layout, parseRecord(record)) ?? new Uint8Array())
      if (byIscsiadm) {
        await mkdir(`${DATABASE}/nodes/${iqn}`, { recursive: true })
        await writeFile(recordFile(DATABASE, iqn, portal), record)
      }
      const where = `${iqn} ${portal.address} ${portal.port}`
      logins.add(`login ${file} ${where}`)
      luns.push(`lun ${where} ${lun}`)
    }
  }
  return [`question ${QUESTION}`, ...(row.multipath ? [`maps ${row.portals}`] : []), ...logins, ...luns]
}

async function removeByHand(): Promise<void> {
  for (const line of (await run(['dmsetup', 'ls', '--target', 'multipath'])).stdout.split('\n')) {
    const name = /^(\S+)\t/.exec(line)?.[1]
    if (name === undefined) continue
    // multipathd refuses while udev processes the map.
    await run(['multipathd', 'del', 'map', name])
    await run(['dmsetup', 'remove', '--retry', name])
  }
  await run(['iscsiadm', '-m', 'session', '--logout'], { timeoutMs: 600_000 })
  await rm(`${DATABASE}/nodes`, { recursive: true, force: true })
}

/** All parties of a row. The bound waits without a deadline for all disks, so rows with faulty portals or missing LUNs have none. */
export async function partiesFor(row: Row): Promise<readonly Party[]> {
  const played = WAYS.filter((way) => row.asked[way] !== undefined)
  const hasBound = row.portal === undefined && row.missing === undefined && row.min === undefined && row.fresh === undefined
  return [
    ...(row.peerRounds === 0 ? [] : [osBrick()]),
    ...played.map(brickwork),
    ...(row.fresh === true ? played.map(freshBrickwork) : []),
    ...(hasBound ? await Promise.all(played.map(bound)) : []),
  ]
}
