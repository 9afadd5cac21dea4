/**
 * `npm run demo`, in the guest: a volume of a real iSCSI target is attached, used and taken away through the public interface, and what is
 * said is looked up with the machine's own tools. Ends with exit code 1 when anything isn't as promised.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { release } from 'node:os'

import { followEvents } from '../../lib/cli/timeline.js'
import { type Attacher, type AttachRequest, createAttacher, isBrickworkError } from '../../lib/index.js'
import { look } from './demo/look.js'
import { Narrator } from './demo/narrator.js'
import { requireGuest } from './real/guest.js'
import { must } from './real/shell.js'
import { RealWorld } from './real/world.js'

const IQN = 'iqn.2024-01.org.example:demo'
const PORTAL = '10.99.1.1:3260'
const chap = { username: 'demo-user', secret: 'not-for-the-log' }
const MOUNT = '/mnt/demo'
const FILE = `${MOUNT}/report.bin`
const FILE_BYTES = 8 * 1024 * 1024
const STATE = '/var/lib/brickwork'
const RUN = '/run/brickwork'

const tell = new Narrator()

const request: AttachRequest = {
  id: 'demo-volume',
  connection: { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }], auth: chap },
}

async function main(): Promise<void> {
  requireGuest()
  const world = await RealWorld.start({ debug: () => undefined, warn: () => undefined })
  tell.say(`Linux ${release()}, ${(await must(['iscsiadm', '--version'])).trim()}, Node.js ${process.version}`)

  tell.chapter("A storage system (the kernel's own target) serves a volume of 128 MiB")
  await world.volume('demo', { sizeMb: 128 })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'demo' }, chap })
  tell.say(`${IQN} at ${PORTAL}, LUN 1, with CHAP`)
  await nothingIsThere()

  const attacher = await createAttacher()
  const timeline = followEvents(attacher.events(), false, (line) => tell.say(`  ${line}`))

  tell.chapter('attacher.attach(): the volume comes to this host')
  const device = await attach(attacher)

  tell.chapter('It is a disk like any other: file system, mount, write')
  const digest = await writeFileOn(device)

  tell.chapter('Unmounted and mounted again, it holds what was written')
  await must(['mount', device, MOUNT])
  tell.promise(`sha256 of ${FILE} is the same: ${digest.slice(0, 16)}…`, sha256(await readFile(FILE)) === digest)

  tell.chapter('attacher.detach() while it is mounted: refused')
  await refuseWhileMounted(attacher)
  await must(['umount', MOUNT])

  tell.chapter('attacher.detach(): and it is gone again')
  const report = await attacher.detach(request.id)
  await new Promise((resolve) => setImmediate(resolve)) // the story's last line
  for (const { what, ok } of report.checks) tell.promise(what, ok)
  await attacher.close()
  await timeline

  tell.chapter("Nothing is left, as the machine's own tools see it")
  await nothingIsThere()
  const lines = await world.commandLines()
  tell.promise('the CHAP secret was on no command line', lines.length > 0 && !lines.some((line) => line.includes(chap.secret)))
  await world.reset()
}

async function attach(attacher: Attacher): Promise<string> {
  const { device, wwid, sizeBytes, stableLink, udevReady } = await attacher.attach(request)
  tell.say(`device ${device}, ${sizeBytes / 1024 / 1024} MiB, WWID ${wwid ?? 'none'}`)
  tell.say(`link   ${stableLink ?? 'none'}`)
  const seen = await look(STATE, RUN)
  for (const line of [...seen.sessions, ...seen.disks]) tell.say(`| ${line}`)
  tell.promise(
    'one session, one record and one disk, for one LUN',
    [seen.sessions, seen.records, seen.disks].every((each) => each.length === 1),
  )
  tell.promise('the size is right, and udev describes the device', sizeBytes === 128 * 1024 * 1024 && udevReady)
  const again = await attacher.attach(request)
  tell.promise('attaching it again answers the same device', again.reused && again.device === device)
  return device
}

async function writeFileOn(device: string): Promise<string> {
  await must(['mkfs.ext4', '-q', device])
  await mkdir(MOUNT, { recursive: true })
  await must(['mount', device, MOUNT])
  const bytes = randomBytes(FILE_BYTES)
  await writeFile(FILE, bytes, { flush: true })
  tell.say((await must(['df', '--human-readable', MOUNT])).trimEnd())
  await must(['umount', MOUNT])
  return sha256(bytes)
}

async function refuseWhileMounted(attacher: Attacher): Promise<void> {
  const error: unknown = await attacher.detach(request.id).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  await new Promise((resolve) => setImmediate(resolve))
  tell.promise(isBrickworkError(error) ? `${error.code}: ${error.message}` : 'it was not refused', isBrickworkError(error, 'ERR_HELD'))
}

async function nothingIsThere(): Promise<void> {
  const { sessions, records, disks, ours } = await look(STATE, RUN)
  const none = (what: string, found: readonly string[]) => tell.promise([`no ${what}`, ...found].join('\n  '), found.length === 0)
  none('session (iscsiadm -m session)', sessions)
  none("node record (open-iscsi's database)", records)
  none('SCSI disk (lsblk --scsi)', disks)
  none(`journal entry, claim or link (${STATE}, ${RUN})`, ours)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
main().then(
  () => process.exit(tell.broken.length === 0 ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
