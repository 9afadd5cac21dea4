/**
 * `npm run demo -- nvme`, in the guest. It attaches a namespace of the kernel's NVMe/TCP target over four networks through the public interface,
 * uses it while one network fails, and detaches it. It checks every statement with the machine's own tools. The exit code is 1 if a promise
 * doesn't hold.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { release } from 'node:os'

import { followEvents } from '../../lib/cli/timeline.js'
import { createAttacher } from '../../lib/index.js'
import { nameHost, NQN, nvmeRequest, PORTALS, seen } from '../world/nvme.js'
import { requireGuest } from '../world/real/guest.js'
import { subsystemsByTool } from '../world/real/nvme.js'
import { must } from '../world/real/shell.js'
import { RealWorld } from '../world/real/world.js'
import { kib, lastLine, seconds, within } from './measure.js'
import { Narrator } from './narrator.js'
import { refuseWhileMounted, written } from './promises.js'
import { Writer } from './writer.js'

const [CUT = ''] = PORTALS
const MOUNT = '/mnt/demo'
const FILE = `${MOUNT}/report.bin`
const KIB = 1024
/** A keep-alive that fails (5 s), then what it takes to notice it. */
const NOTICED_MS = 40_000
const BACK_MS = 60_000
const WRITTEN_MS = 30_000

const tell = new Narrator()
const request = nvmeRequest('demo-volume', { volume: 'demo' })

async function main(): Promise<void> {
  requireGuest()
  const world = await RealWorld.start({ debug: () => undefined, warn: () => undefined })
  tell.say(`Linux ${release()}, Node.js ${process.version}`)

  tell.chapter("A storage system (the kernel's own target) serves a volume of 128 MiB on four networks")
  await nameHost(world)
  await world.volume('demo', { sizeMb: 128 })
  await world.nvme.subsystem({ nqn: NQN, portals: PORTALS, namespaces: { 1: 'demo' } })
  tell.say(`${NQN}, namespace 1, at ${PORTALS.join(', ')}`)
  await nothingIsThere(world)

  const attacher = await createAttacher()
  const timeline = followEvents(attacher.events(), (line) => tell.say(`  ${line}`))

  tell.chapter('attacher.attach(): the volume comes to this host, over all four networks')
  tell.say("attacher.attach({ id: 'demo-volume', connection: { protocol: 'nvme', nqn, portals, namespace: { uuid } } })")
  const attachment = await attacher.attach(request)
  await lastLine()
  const { path: device } = attachment
  tell.say(`device ${device}, WWID ${attachment.wwid ?? 'none'}`)
  await showPaths(world)
  tell.promise('nvme list-subsys shows four live controllers', (await livePathsByTool()) === 4)
  const again = await attacher.attach(request)
  await lastLine()
  tell.promise('attaching it again answers the same device', again.reused && again.path === device)

  tell.chapter('It is a disk like any other: file system, mount, and a program that writes without a pause')
  await must(['mkfs.ext4', '-q', device])
  await mkdir(MOUNT, { recursive: true })
  await must(['mount', device, MOUNT])
  const writer = await Writer.start(FILE)
  await written(tell, writer, 512 * KIB, WRITTEN_MS)

  tell.chapter(`The network of ${CUT} fails: writing goes on`)
  writer.takeLongestMs()
  await world.portal(CUT, 'drop')
  tell.promise(...(await paths(world, 3, NOTICED_MS)))
  await written(tell, writer, 512 * KIB, WRITTEN_MS)
  tell.say(`longest pause ${seconds(writer.takeLongestMs())}`)
  await showPaths(world)

  tell.chapter('The network works again: the path comes back by itself')
  await world.portal(CUT, 'open')
  tell.promise(...(await paths(world, 4, BACK_MS)))

  tell.chapter('Unmounted and mounted again, the volume holds what was written')
  const digest = await writer.stop()
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

  tell.chapter("Nothing is left, as the machine's own files and tools see it")
  await nothingIsThere(world)
  await world.reset()
}

/** By the kernel's own files: `nvme list-subsys` sends commands, and waits for them at a controller that is lost. */
async function livePaths(world: RealWorld): Promise<number> {
  return (await seen(world)).controllers.filter((each) => each.endsWith(' live')).length
}
async function showPaths(world: RealWorld): Promise<void> {
  for (const controller of (await seen(world)).controllers) tell.say(`| ${controller}`)
}
async function livePathsByTool(): Promise<number> {
  return (await subsystemsByTool()).flatMap(({ Paths }) => Paths).filter(({ State }) => State === 'live').length
}
/** The result, and whether it came in time. */
async function paths(world: RealWorld, wanted: number, limitMs: number): Promise<[string, boolean]> {
  const from = performance.now()
  const there = await within(limitMs, async () => (await livePaths(world)) === wanted)
  return [`${await livePaths(world)} controllers are live, after ${seconds(performance.now() - from)}`, there]
}
async function nothingIsThere(world: RealWorld): Promise<void> {
  const { controllers, subsystems, devices } = await seen(world)
  const none = (what: string, found: readonly string[]) => tell.promise([`no ${what}`, ...found].join('\n  '), found.length === 0)
  none('controller (/sys/class/nvme)', controllers)
  none('subsystem (/sys/class/nvme-subsystem)', subsystems)
  none('device (/sys/block)', devices)
  const entries = [...(await world.list(`${world.stateDir}/attachments`)), ...(await world.list(`${world.runDir}/claims`))]
  none(
    `journal entry or claim (${world.stateDir}, ${world.runDir})`,
    entries.filter((name) => name.endsWith('.json')),
  )
}

main().then(
  () => process.exit(tell.broken.length === 0 ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
