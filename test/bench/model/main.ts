/**
 * The library's own cost, without a slow machine: a modelled host has the delays of a real array.
 *
 * `node --expose-gc main.js [--most N] [--brief]` prints its results as JSON in the last line. `--brief` leaves out what takes long on a slow
 * machine: the memory, the crowded machine, and what an array sees.
 */
import { parseArgs } from 'node:util'
import { silentLog } from '../../../lib/core/silent-log.js'
import { type Attacher, type AttachRequest, createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { attachByHand } from './least.js'
import { ownTime } from './own-time.js'

/** Delays of a real array and a real machine, in milliseconds. */
const DELAYS = { login: 25, scan: 8, udev: 60, multipathd: 60 }
const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
/** Number of volumes in each target of a storm. */
const VOLUMES_OF_EACH = 10
const LONG_MS = 3_600_000
/** Rounds for one volume, which is too short to measure once. */
const ROUNDS = 40
const WARM = 20
const TURNS = 3
/** 5,000 disks. */
const OTHERS = { sessions: 500, disksOfEach: 10, portal: '10.98.1.1:3260' }

const iqn = (volume: number) => `iqn.2024-01.org.example:model-${Math.floor(volume / VOLUMES_OF_EACH)}`
const lun = (volume: number) => 1 + (volume % VOLUMES_OF_EACH)
const requestOf = (volume: number): AttachRequest => ({
  id: `volume ${volume}`,
  connection: { protocol: 'iscsi', targets: PORTALS.map((portal) => ({ portal, iqn: iqn(volume), lun: lun(volume) })) },
  policy: { multipath: 'require', paths: { min: 'all' } },
})

function machine(volumes: number, findMultipaths: 'greedy' | 'strict' = 'greedy'): FakeHost {
  const host = new FakeHost({ multipathd: 'running', findMultipaths, delays: DELAYS })
  for (let first = 0; first < volumes; first += VOLUMES_OF_EACH) {
    const names = Array.from({ length: Math.min(VOLUMES_OF_EACH, volumes - first) }, (_, index) => `v${first + index}`)
    for (const name of names) host.storage.volume(name)
    host.storage.iscsi.target({
      iqn: iqn(first),
      portals: PORTALS,
      luns: Object.fromEntries(names.map((name, index) => [index + 1, name])),
    })
  }
  return host
}
const all = (attacher: Attacher, volumes: number) =>
  Promise.all(Array.from({ length: volumes }, (_, volume) => attacher.attach(requestOf(volume), { timeoutMs: LONG_MS })))
const none = (attacher: Attacher, volumes: number) =>
  Promise.all(Array.from({ length: volumes }, (_, volume) => attacher.detach(requestOf(volume).id, { timeoutMs: LONG_MS })))

/** Virtual time of one attach over four paths, and of the same attach by hand. */
async function criticalPath(): Promise<{ attachMs: number; leastMs: number }> {
  const host = machine(1)
  const attacher = await createAttacher({ host, log: silentLog })
  const from = host.clock.now()
  await all(attacher, 1)
  const attachMs = host.clock.now() - from
  await attacher.close()
  const other = machine(1)
  const begun = other.clock.now()
  await attachByHand(other, iqn(0), PORTALS, BigInt(lun(0)))
  return { attachMs, leastMs: other.clock.now() - begun }
}

/** Milliseconds of the library's own code for each volume. */
async function ownOf(volumes: number, host = machine(volumes)): Promise<number> {
  const attacher = await createAttacher({ host, log: silentLog })
  const rounds = volumes >= ROUNDS ? 1 : Math.ceil(ROUNDS / volumes)
  let ms = 0
  for (let round = 0; round < rounds; round++) {
    ms += await ownTime(() => all(attacher, volumes))
    await none(attacher, volumes)
  }
  await attacher.close()
  return ms / rounds / volumes
}

/** Milliseconds of the library's own code for one volume: on an empty machine, and on one with disks and sessions of other programs. */
async function besideOthers(): Promise<{ without: number; beside: number }> {
  const crowded = await crowdedMachine()
  const ms = { without: 0, beside: 0 }
  // Alternating, and both while the crowded machine exists: its heap is large, and that must not count for the library.
  for (let turn = 0; turn < TURNS; turn++) {
    ms.without += await ownOf(1, machine(1, 'strict'))
    ms.beside += await ownOf(1, crowded)
  }
  return { without: ms.without / TURNS, beside: ms.beside / TURNS }
}
async function crowdedMachine(): Promise<FakeHost> {
  const host = machine(1, 'strict')
  const { signal } = new AbortController()
  const other = host.process()
  const iscsiadm = async (...words: string[]) => {
    const { exitCode, stderr } = await other.commands.run(['iscsiadm', '-m', 'node', ...words], { signal, onAbort: 'leave' })
    if (exitCode !== 0) throw new Error(`iscsiadm ended with ${exitCode}: ${stderr}`)
  }
  for (let session = 0; session < OTHERS.sessions; session++) {
    const names = Array.from({ length: OTHERS.disksOfEach }, (_, index) => `other-${session}-${index}`)
    for (const name of names) host.storage.volume(name)
    const target = `iqn.2024-01.org.example:other-${session}`
    host.storage.iscsi.target({
      iqn: target,
      portals: [OTHERS.portal],
      luns: Object.fromEntries(names.map((name, index) => [index + 1, name])),
    })
    await iscsiadm('-T', target, '-p', `${OTHERS.portal},1`, '-o', 'new')
    await iscsiadm('-T', target, '-p', OTHERS.portal, '--login')
  }
  await host.clock.advance(60_000) // the last sessions are still coming up
  const disks = (await host.files.list('/sys/class/block')).filter((name) => name.startsWith('sd')).length
  if (disks !== OTHERS.sessions * OTHERS.disksOfEach) throw new Error(`${disks} disks of others`)
  return host
}

/** Keeps no result alive. */
async function fill(attacher: Attacher, volumes: number): Promise<void> {
  await all(attacher, volumes)
}
/** Bytes that an attacher keeps for each of its attachments. */
async function memoryOf(volumes: number): Promise<number> {
  const host = machine(volumes)
  let attacher: Attacher | undefined = await createAttacher({ host, log: silentLog })
  await fill(attacher, volumes)
  const before = heap()
  await attacher.close()
  attacher = undefined
  return (before - heap()) / volumes
}
function heap(): number {
  if (globalThis.gc === undefined) throw new Error('node --expose-gc')
  for (let round = 0; round < 3; round++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** The commands that an array receives from one host that attaches all volumes of a target at once. */
async function seenByArray(): Promise<Record<string, number>> {
  const host = machine(VOLUMES_OF_EACH)
  const attacher = await createAttacher({ host, log: silentLog })
  await all(attacher, VOLUMES_OF_EACH)
  await attacher.close()
  const count = (call: string, part = '') => host.trace.filter((each) => each.call === call && each.subject.includes(part)).length
  return {
    volumes: VOLUMES_OF_EACH,
    portals: PORTALS.length,
    probes: count('kernel.connect'),
    logins: count('commands.run', '--login'),
    scans: count('kernel.write', '/scan'),
    inquiries: count('kernel.scsi'),
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { most: { type: 'string', default: '1000' }, brief: { type: 'boolean', default: false } } })
  const sizes = [1, 10, 100, 1000].filter((size) => size <= Number(values.most))
  await ownOf(WARM)
  const path = await criticalPath()
  const own: Record<number, number> = {}
  for (const size of sizes) {
    own[size] = await ownOf(size)
    console.log(`${size} at once: ${own[size].toFixed(2)} ms of our own code each`)
  }
  if (values.brief) {
    console.log(JSON.stringify({ ...path, own }))
    return
  }
  const bytes = await memoryOf(100)
  const others = { ...OTHERS, ...(await besideOthers()) }
  console.log(JSON.stringify({ ...path, own, bytes, others, array: await seenByArray() }))
}

await main()
