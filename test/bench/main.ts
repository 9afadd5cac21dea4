/**
 * The program in the guest of `npm run bench:storm`: plays rows, in which the parties take turns, and writes the results to a file after
 * each row.
 *
 * `node main.js --outcomes FILE [--pairs N] [--minutes N] [--party NAME [--profile FOLDER]] [ROW…]`
 *
 * With `--minutes` a row ends with the last round that fits into that time. It has at least one round.
 */
import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { expectClean } from '../world/expect.js'
import { requireGuest } from '../world/real/guest.js'
import { must, run } from '../world/real/shell.js'
import { RealWorld } from '../world/real/world.js'
import type { World } from '../world/world.js'
import { type Delay, IdleProcess, watchLoop } from './loop.js'
import { bound, brickwork, osBrick, type Story, type StormParty } from './parties.js'
import { type Row, ROWS, type StormVolume } from './row.js'
import { profiled } from './profiler.js'
import { between, usage } from './usage.js'

/** The times of one party in one round, in milliseconds. */
export interface Round {
  readonly attachMs: number
  readonly detachMs: number
  /** CPU time of the attach, in milliseconds by program. The harness is part of the process `node`. */
  readonly attachCpuMs: Readonly<Record<string, number>>
  /** Delays during the attach, if the party runs in the harness's process. */
  readonly loop?: { readonly ours: Delay; readonly idle: Delay }
}
export interface Measured {
  readonly id: string
  readonly rounds: Readonly<Record<string, readonly Round[]>>
  /** Parties that failed, or whose device had fewer paths than the others'. They play no further round. */
  readonly failures: readonly { readonly party: string; readonly why: string }[]
  /** The last attach of Brickwork with default settings. */
  readonly story: Story
}

const idle = new IdleProcess()
const PROFILE_US = 1000
const IQN = 'iqn.2024-01.org.example:storm'
const portalsOf = (row: Row) => Array.from({ length: row.portals }, (_, index) => `10.99.${index + 1}.1:3260`)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      outcomes: { type: 'string', default: '/out/storm.json' },
      pairs: { type: 'string' },
      minutes: { type: 'string' },
      party: { type: 'string' },
      profile: { type: 'string' },
      steps: { type: 'boolean', default: false },
    },
  })
  requireGuest()
  const silent = { debug: () => undefined, warn: () => undefined }
  const world = await RealWorld.start(silent, { notesCalls: false })
  const wanted = ({ name }: Pick<StormParty, 'name'>) => values.party === undefined || values.party === name
  const peer = wanted({ name: 'os-brick' }) ? await osBrick() : undefined
  const measured: Measured[] = []
  for (const row of ROWS.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
    const partiesOf = async () => (await partiesFor(world, row, peer)).filter(wanted)
    const { steps, profile } = values
    const pairs = Number(values.pairs ?? row.pairs)
    const longestMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes) * 60_000
    measured.push(await measure(world, row, partiesOf, { pairs, longestMs, steps, profile }))
    writeFileSync(values.outcomes, JSON.stringify(measured, null, 1))
  }
}

interface Extent {
  readonly pairs: number
  readonly longestMs: number
  readonly steps: boolean
  readonly profile: string | undefined
}

async function measure(
  world: World,
  row: Row,
  partiesOf: () => Promise<StormParty[]>,
  { pairs, longestMs, steps, profile }: Extent,
): Promise<Measured> {
  const failures: { party: string; why: string }[] = []
  const begin = async () => {
    await world.reset()
    // If a single path is enough, the host is not configured to create a map of every disk.
    await world.multipathd('running', { findMultipaths: row.multipath ? 'greedy' : 'strict' })
    const volumes = await serve(world, row)
    const parties = (await partiesOf()).filter(({ name }) => !failures.some(({ party }) => party === name))
    await delay(row.delayMs)
    return { volumes, parties }
  }
  let { volumes, parties } = await begin()
  const rounds: Record<string, Round[]> = Object.fromEntries(parties.map(({ name }) => [name, []]))
  const begun = world.now()
  let longestRoundMs = 0
  for (let pair = row.warms === false ? 0 : -1; pair < pairs; pair++) {
    const from = world.now()
    if (pair > 0 && from - begun + longestRoundMs > longestMs) break
    const names = parties.map(({ name }) => name)
    for (const name of names) {
      const party = parties.find((each) => each.name === name)
      if (party === undefined) continue
      try {
        const file = profile === undefined || pair < 0 ? undefined : `${profile}/${row.id}-${pair + 1}.cpuprofile`
        const round = await play(world, row, party, volumes, file)
        // The first round is a warm-up.
        if (pair >= 0) rounds[name]?.push(round)
        console.log(
          `${row.id} ${pair < 0 ? 'warm' : pair + 1} ${name}: attach ${round.attachMs.toFixed(0)} ms, detach ${round.detachMs.toFixed(0)} ms`,
        )
        console.log(`  CPU: ${spoken(round.attachCpuMs)}`)
        if (steps) tell(party)
      } catch (error) {
        failures.push({ party: name, why: String(error) })
        console.log(`${row.id} ${name} FAILED: ${String(error)}`)
        await delay(undefined)
        for (const each of parties) await each.end()
        ;({ volumes, parties } = await begin())
      }
    }
    longestRoundMs = Math.max(longestRoundMs, world.now() - from)
  }
  const story = parties.find(({ name }) => name === 'Brickwork')?.story?.() ?? []
  for (const party of parties) await party.end()
  await delay(undefined)
  return { id: row.id, rounds, failures, story }
}

/** Portals are addresses of this machine, so all their traffic uses its loopback device. */
async function delay(ms: number | undefined): Promise<void> {
  if (ms === undefined) await run(['tc', 'qdisc', 'delete', 'dev', 'lo', 'root'])
  else {
    await must(['modprobe', 'sch_netem'])
    await must(['tc', 'qdisc', 'replace', 'dev', 'lo', 'root', 'netem', 'delay', `${ms}ms`])
  }
}

/** Prints how long each step of the party's first volume took. */
function tell(party: StormParty): void {
  for (const { step, path, startMs, ms } of party.story?.()[0]?.steps ?? [])
    console.log(`    +${startMs.toFixed(0)} ms ${step} ${path ?? ''}: ${ms.toFixed(0)} ms`)
}

/** The programs that used the most CPU time. */
function spoken(spent: Round['attachCpuMs']): string {
  return Object.entries(spent)
    .slice(0, 8)
    .map(([name, ms]) => `${name} ${ms} ms`)
    .join(', ')
}

async function partiesFor(world: World, row: Row, peer: StormParty | undefined): Promise<StormParty[]> {
  return [
    ...(peer === undefined ? [] : [peer]),
    await brickwork(world, 'Brickwork', { ready: 'udev' }),
    await brickwork(world, 'Brickwork kernel', { ready: 'kernel' }),
    await brickwork(world, 'Brickwork socket', { ready: 'kernel', iscsi: { logins: 'socket' } }),
    ...(row.multipath
      ? [await brickwork(world, 'Brickwork direct', { ready: 'kernel', iscsi: { logins: 'socket' }, assemble: 'direct' })]
      : []),
    ...(hasBound(row) ? [await bound('by multipathd')] : []),
    ...(hasBound(row) && row.multipath ? [await bound('direct')] : []),
  ]
}

/** The bound waits without a deadline for all disks, so rows with faulty portals or missing LUNs have none. */
function hasBound({ portal, missing }: Row): boolean {
  return portal === undefined && missing === undefined
}

async function play(world: World, row: Row, party: StormParty, { storm, before }: Served, profile: string | undefined): Promise<Round> {
  if (row.portal !== undefined) await world.portal(portalsOf(row)[0] ?? '', row.portal)
  if (before.length > 0) await party.attach(before, row)
  const used = await usage()
  idle.begin()
  const ended = watchLoop()
  const attachMs = await (profile === undefined ? party.attach(storm, row) : profiledAttach(party, storm, row, profile))
  const loop = { ours: ended(), idle: await idle.end() }
  const attachCpuMs = between(used, await usage())
  if (row.missing === undefined) await check(world, row, party, storm.length + before.length)
  const detachMs = row.missing === undefined ? await party.detach(storm, row) : 0
  if (before.length > 0) await party.detach(before, row)
  if (row.portal !== undefined) await world.portal(portalsOf(row)[0] ?? '', 'open')
  await clean(world, party)
  return { attachMs, detachMs, attachCpuMs, ...(party.story === undefined ? {} : { loop }) }
}

/** The output file opens in the developer tools of a browser. */
async function profiledAttach(party: StormParty, storm: readonly StormVolume[], row: Row, file: string): Promise<number> {
  let attachMs = 0
  const profile = await profiled(async () => (attachMs = await party.attach(storm, row)), PROFILE_US)
  await writeFile(file, JSON.stringify(profile))
  return attachMs
}

/**
 * All parties must reach the same state: all the disks, and every map with all its paths, live, when the answer comes. While multipathd
 * takes over a map that was created directly, it reloads the map path by path. So such a map gets some time.
 */
async function check(world: World, row: Row, { name }: StormParty, volumes: number): Promise<void> {
  const paths = row.min ?? (row.portal === undefined ? row.portals : row.portals - 1)
  const until = world.now() + (name.endsWith('direct') ? TAKEOVER_MS : 0)
  for (;;) {
    const disks = await world.disks()
    const maps = await world.maps()
    const live = maps.map((map) => map.paths.filter(({ state }) => state === 'active').length)
    const good = row.multipath ? maps.length === volumes && live.every((count) => count >= paths) : disks.length === volumes
    if (good) return
    if (world.now() >= until)
      throw new Error(`${name} came to ${disks.length} disks and maps of ${live.join(', ')} paths, not ${volumes} of ${paths}`)
    await world.sleep(200)
  }
}
const TAKEOVER_MS = 60_000

async function clean(world: World, { name }: StormParty): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await expectClean(world, `after ${name}`)
      return
    } catch (error) {
      if (tries >= 20) throw error
      if (!name.startsWith('bound') && tries === 0) console.log(`  ${name} left something for a while: ${String(error)}`)
      await world.sleep(500)
    }
  }
}

interface Served {
  readonly storm: readonly StormVolume[]
  /** Volumes attached beforehand, for their sessions. */
  readonly before: readonly StormVolume[]
}
async function serve(world: World, row: Row): Promise<Served> {
  const portals = portalsOf(row)
  const storm: StormVolume[] = []
  const before: StormVolume[] = []
  for (let target = 0; target < row.targets; target++) {
    const iqn = `${IQN}${target}`
    const luns: Record<number, string> = {}
    for (let lun = 1; lun <= row.volumesOfEach + (row.onSessions ? 1 : 0); lun++) {
      const id = `v${target}-${lun}`
      await world.volume(id)
      if (row.missing === undefined) luns[lun] = id
      const isBefore = lun > row.volumesOfEach
      ;(isBefore ? before : storm).push({ id, iqn, lun, portals })
    }
    await world.target({ iqn, portals, luns })
  }
  return { storm, before }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(2)
  },
)
