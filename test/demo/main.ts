/**
 * `npm run demo`, in the guest. It attaches a volume of a real iSCSI target over four networks through the public interface, uses it while
 * one network fails, and detaches it. It checks every statement with the machine's own tools. The exit code is 1 if a promise doesn't hold.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { release } from 'node:os'

import { followEvents } from '../../lib/cli/timeline.js'
import { type Attacher, type AttachRequest, createAttacher } from '../../lib/index.js'
import { inspected } from '../world/expect.js'
import { look } from './look.js'
import { kib, lastLine, seconds, within } from './measure.js'
import { Narrator } from './narrator.js'
import { refuseWhileMounted, written } from './promises.js'
import { Writer } from './writer.js'
import { requireGuest } from '../world/real/guest.js'
import { must } from '../world/real/shell.js'
import { RealWorld } from '../world/real/world.js'

const IQN = 'iqn.2024-01.org.example:demo'
const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const [CUT = ''] = PORTALS
const chap = { username: 'demo-user', secret: 'not-for-the-log' }
const MOUNT = '/mnt/demo'
const FILE = `${MOUNT}/report.bin`
const STATE = '/var/lib/brickwork'
const RUN = '/run/brickwork'
const KIB = 1024
/** The kernel gives up a lost session after 5 s, a value that multipathd sets. Then multipathd's checker must run. */
const NOTICED_MS = 30_000
const BACK_MS = 40_000
const WRITTEN_MS = 15_000

const tell = new Narrator()

const request: AttachRequest = {
  id: 'demo-volume',
  connection: { protocol: 'iscsi', targets: PORTALS.map((portal) => ({ portal, iqn: IQN, lun: 1 })), auth: chap },
}

async function main(): Promise<void> {
  requireGuest()
  const world = await RealWorld.start({ debug: () => undefined, warn: () => undefined })
  tell.say(`Linux ${release()}, ${(await must(['iscsiadm', '--version'])).trim()}, Node.js ${process.version}`)

  tell.chapter("A storage system (the kernel's own target) serves a volume of 128 MiB on four networks")
  await world.volume('demo', { sizeMb: 128 })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'demo' }, chap })
  await world.multipathd('running')
  tell.say(`${IQN}, LUN 1, with CHAP, at ${PORTALS.join(', ')}`)
  tell.say('multipathd runs as it is shipped: there is no /etc/multipath.conf')
  await nothingIsThere()

  const attacher = await createAttacher()
  const timeline = followEvents(attacher.events(), (line) => tell.say(`  ${line}`))

  tell.chapter('attacher.attach(): the volume comes to this host, over all four networks at once')
  tell.say("attacher.attach({ id: 'demo-volume', connection: { protocol: 'iscsi', targets, auth } })")
  tell.say('each step as it ends, with the time since the start, its duration and its path:')
  const device = await attach(attacher, world)

  tell.chapter('It is a disk like any other: file system, mount, and a program that writes without a pause')
  await must(['mkfs.ext4', '-q', device])
  await mkdir(MOUNT, { recursive: true })
  await must(['mount', device, MOUNT])
  const writer = await Writer.start(FILE)
  await written(tell, writer, 512 * KIB, WRITTEN_MS)

  tell.chapter(`The network of ${CUT} fails: writing goes on`)
  await cut(attacher, world, writer)

  tell.chapter('The network works again: the path comes back by itself')
  await restore(attacher, world, writer)

  tell.chapter('Unmounted and mounted again, the volume holds what was written')
  const digest = await writer.stop()
  tell.say((await must(['df', '--human-readable', MOUNT])).trimEnd())
  await must(['umount', MOUNT])
  await must(['mount', device, MOUNT])
  const found = await readFile(FILE)
  tell.promise(`all ${kib(writer.bytes)} of ${FILE} are there`, found.length === writer.bytes)
  tell.promise(`its sha256 is the same: ${digest.slice(0, 16)}…`, createHash('sha256').update(found).digest('hex') === digest)

  tell.chapter('attacher.detach() while it is mounted: refused')
  await refuseWhileMounted(tell, attacher, request.id)
  await must(['umount', MOUNT])

  tell.chapter('attacher.detach(): the volume leaves the host, and Brickwork checks what it has removed')
  const report = await attacher.detach(request.id)
  await lastLine()
  for (const { what, ok } of report.checks) tell.promise(what, ok)
  await attacher.close()
  await timeline

  tell.chapter("Nothing is left, as the machine's own tools see it")
  await nothingIsThere()
  const lines = await world.commandLines()
  tell.promise('the CHAP secret was on no command line that ran', lines.length > 0 && !lines.some((line) => line.includes(chap.secret)))
  await world.reset()
}

async function attach(attacher: Attacher, world: RealWorld): Promise<string> {
  const { device, multipath, wwid, sizeBytes, stableLink, udevReady, paths } = await attacher.attach(request)
  await lastLine()
  tell.say(`device ${device}, ${sizeBytes / 1024 / 1024} MiB, WWID ${wwid ?? 'none'}`)
  tell.say(`link   ${stableLink ?? 'none'}`)
  const seen = await look(STATE, RUN)
  for (const line of [...seen.sessions, ...seen.disks, ...seen.maps]) tell.say(`| ${line}`)
  await showMap(world)
  tell.promise(
    'four sessions, four records, four disks and one map, for one LUN',
    [seen.sessions, seen.records, seen.disks].every((each) => each.length === 4) && seen.maps.length === 1,
  )
  tell.promise('the device is the map, with four paths', multipath?.device === device && paths.length === 4)
  tell.promise('the size is right, and udev describes the device', sizeBytes === 128 * 1024 * 1024 && udevReady)
  const again = await attacher.attach(request)
  await lastLine()
  tell.promise('attaching it again answers the same device', again.reused && again.device === device)
  return device
}

async function cut(attacher: Attacher, world: RealWorld, writer: Writer): Promise<void> {
  const before = writer.bytes
  writer.takeLongestMs()
  const from = performance.now()
  await world.portal(CUT, 'refuse')
  tell.promise(...(await activePaths(world, 3, NOTICED_MS, from)))
  await showMap(world)
  await written(tell, writer, 512 * KIB, WRITTEN_MS)
  const pause = `longest pause ${seconds(writer.takeLongestMs())}`
  tell.promise(`written: ${kib(before)} before, ${kib(writer.bytes)} now, ${pause}`, writer.bytes > before)
  await inspect(attacher, 3)
}

async function restore(attacher: Attacher, world: RealWorld, writer: Writer): Promise<void> {
  const from = performance.now()
  await world.portal(CUT, 'open')
  tell.promise(...(await activePaths(world, 4, BACK_MS, from)))
  await showMap(world)
  await written(tell, writer, 128 * KIB, WRITTEN_MS)
  tell.say(`written: ${kib(writer.bytes)}, longest pause ${seconds(writer.takeLongestMs())}`)
  await inspect(attacher, 4)
}

async function inspect(attacher: Attacher, paths: number): Promise<void> {
  const attachment = await inspected(attacher, request.id)
  const found = attachment.paths.length
  const { degraded } = attachment
  tell.promise(`inspect(): ${found} healthy paths, ${degraded ? 'degraded' : 'not degraded'}`, found === paths && degraded === paths < 4)
}

/** The result, and whether it came in time. */
async function activePaths(world: RealWorld, wanted: number, limitMs: number, from: number): Promise<[string, boolean]> {
  const active = async () => (await world.maps()).flatMap(({ paths }) => paths).filter(({ state }) => state === 'active').length
  const there = await within(limitMs, async () => (await active()) === wanted)
  return [`the map has ${await active()} active paths, after ${seconds(performance.now() - from)}`, there]
}
async function showMap(world: RealWorld): Promise<void> {
  for (const { name, paths } of await world.maps())
    tell.say(`| map ${name}: ${paths.map(({ device, state }) => `${device} ${state}`).join(', ')}`)
}
async function nothingIsThere(): Promise<void> {
  const { sessions, records, disks, maps, ours } = await look(STATE, RUN)
  const none = (what: string, found: readonly string[]) => tell.promise([`no ${what}`, ...found].join('\n  '), found.length === 0)
  none('session (iscsiadm -m session)', sessions)
  none("node record (open-iscsi's database)", records)
  none('SCSI disk (lsblk --scsi)', disks)
  none('multipath map (dmsetup ls)', maps)
  none(`journal entry, claim or link (${STATE}, ${RUN})`, ours)
}

main().then(
  () => process.exit(tell.broken.length === 0 ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
