// Rounds in which the library, plain C, readFileSync and fs.promises take turns. lsblk is too slow for more than a few rounds.
import { execFileSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { builtLibrary } from '../../built.mjs'
import { asText, groupsOf } from './groups.mjs'
import { lsblk, readPromises, readSync, timedSync } from './peers.mjs'
import { median, medianRatio, row } from './ratios.mjs'

const { createHost, doctor } = /** @type {typeof import('../../../lib/index.js')} */ (await builtLibrary('index.js'))
const { readTopology } = /** @type {typeof import('../../../lib/linux/topology/read.js')} */ (await builtLibrary('linux/topology/read.js'))
const { readDisks } = /** @type {typeof import('../../../lib/linux/scsi/disk.js')} */ (await builtLibrary('linux/scsi/disk.js'))

/** @typedef {import('../../../lib/core/host.js').Host} Host */
/** A tree that `makeTree` made. @typedef {{ count: number, root: string, session: string }} Tree */

/** A small tree takes a few milliseconds, so more rounds of it are needed. */
const ROUNDS = { small: 40, picture: 11, few: 5, lookUp: 200 }
const SMALL = 100
const MANY = 10_000
const NO_MARKS = { ofDevice: () => [], ofObject: () => [] }
const { signal } = new AbortController()
setMaxListeners(0, signal)

/**
 * A tree of files has no device-mapper. That query costs every party the same, so all leave it out.
 * @param {string} root @returns {Host}
 */
function hostOf(root) {
  const host = createHost({ root })
  return { ...host, kernel: { ...host.kernel, deviceMapper: () => Promise.resolve(undefined) } }
}
/** @param {() => Promise<unknown>} act */
async function timed(act) {
  const from = performance.now()
  await act()
  return performance.now() - from
}

/** @param {{ root: string, count: number, reader: string, lsblk: boolean }} what @returns {Promise<import('./ratios.mjs').Row[]>} */
export async function measurePictures({ root, count, reader, lsblk: withLsblk }) {
  const host = hostOf(root)
  const numbers = readdirSync(`${root}/sys/class/block`).map((name) => readFileSync(`${root}/sys/class/block/${name}/dev`, 'utf8').trim())
  const groups = groupsOf(numbers)
  const picture = async () => {
    const { devices } = await readTopology(host, NO_MARKS, signal)
    if (devices.length !== numbers.length) throw new Error(`a topology of ${devices.length} devices, not ${numbers.length}`)
  }
  const c = () => Number(execFileSync(reader, [root, '1'], { input: asText(groups), encoding: 'utf8' }).split(' ')[0])
  const rounds = count >= MANY ? ROUNDS.few : count <= SMALL ? ROUNDS.small : ROUNDS.picture
  /** @type {Record<'ours' | 'c' | 'sync' | 'promises' | 'block' | 'doctor', number[]>} */
  const times = { ours: [], c: [], sync: [], promises: [], block: [], doctor: [] }
  await picture()
  for (let round = 0; round < rounds; round++) {
    times.c.push(c())
    const blocks = watchLoop()
    times.ours.push(await timed(picture))
    times.block.push(blocks.longestMs())
    times.doctor.push(await timed(() => doctor({ host })))
    times.sync.push(timedSync(() => readSync(root, groups)))
    times.promises.push(await timed(() => readPromises(root, groups)))
  }
  const rows = [
    row(
      `P${count}-c`,
      `topology query of ${count} disks against C`,
      'bound',
      medianRatio(times.ours, times.c),
      true,
      count <= SMALL ? 1.6 : 1.3,
    ),
    row(`P${count}-sync`, `readFileSync against it`, 'peer', medianRatio(times.sync, times.ours), false, 1),
    row(`P${count}-promises`, `fs.promises, 64 in flight, against it`, 'peer', medianRatio(times.promises, times.ours), false, 3),
  ]
  rows.push(row(`D${count}`, `doctor() on a host of ${count} disks against it`, 'bound', medianRatio(times.doctor, times.ours), true, 3))
  // The only limit in milliseconds: how long the event loop may be blocked.
  const blockMs = Math.round(median(times.block))
  if (count >= MANY) rows.push(row(`B${count}`, 'longest block of the event loop, ms', 'blockMs', blockMs, true, count > MANY ? 25 : 15))
  if (withLsblk && count >= 1000 && count <= MANY) {
    let shown = 0
    const ratio = timedSync(() => (shown = lsblk(root))) / median(times.ours)
    // A peer that finds no disks is fast.
    if (shown === 0) throw new Error('lsblk shows no disks of the tree')
    rows.push(row(`P${count}-lsblk`, 'lsblk -J -O against it', 'peer', Number(ratio.toFixed(1)), false, 10))
  }
  return rows
}

/** Measures how late immediate callbacks run. */
function watchLoop() {
  let [last, longest, on] = [performance.now(), 0, true]
  const turn = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (on) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    longestMs() {
      on = false
      return longest
    },
  }
}

/** Reads the 100 disks of one session, on a host with few disks and on one with many. @param {readonly Tree[]} trees */
export async function measureLookUps(trees) {
  const [few, many] = [trees[0], trees.find(({ count }) => count === MANY) ?? trees.at(-1)]
  if (few === undefined || many === undefined) return []
  /** @type {Record<'few' | 'many', number[]>} */
  const times = { few: [], many: [] }
  const hosts = { few: hostOf(few.root), many: hostOf(many.root) }
  /** @param {Host} host @param {Tree} tree */
  const look = async (host, { session }) => {
    const disks = await readDisks(host, session, signal)
    if (disks.length !== 100) throw new Error(`${disks.length} disks of the session`)
  }
  for (let round = 0; round < ROUNDS.lookUp; round++) {
    times.few.push(await timed(() => look(hosts.few, few)))
    times.many.push(await timed(() => look(hosts.many, many)))
  }
  const what = `disks of one session, among ${many.count} against among ${few.count}`
  const counts = { few: await readsOf(() => look(hosts.few, few)), many: await readsOf(() => look(hosts.many, many)) }
  return [
    row('L1', what, 'bound', medianRatio(times.many, times.few), true, 1.2),
    row(
      'L2',
      `the same, read(2) calls: ${counts.many} against ${counts.few}`,
      'bound',
      Number((counts.many / counts.few).toFixed(2)),
      true,
      1,
    ),
  ]
}

/**
 * How often this process calls read(2), by the kernel's own count (proc_pid_io(5)). Other threads of the process may read too, so the
 * smallest count of several rounds is taken.
 * @param {() => Promise<unknown>} act
 */
async function readsOf(act) {
  const count = () => Number(/^syscr: ([0-9]+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  let least = Infinity
  for (let round = 0; round < ROUNDS.few; round++) {
    const before = count()
    await act()
    least = Math.min(least, count() - before)
  }
  return least
}
