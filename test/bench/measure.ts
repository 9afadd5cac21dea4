/** Plays a row: the parties take turns in shuffled order, and rounds that the machine disturbed are repeated. */
import { mkdir, readFile, rm } from 'node:fs/promises'
import type { World } from '../world/world.js'
import { delay, groupDaemons, serve } from './host.js'
import { type Party, partiesFor } from './parties.js'
import type { Delay } from './party/loop.js'
import type { Story } from './party/protocol.js'
import { type Extras, play, type Played, type Stage } from './play.js'
import type { Figures, Measured, Round } from './result.js'
import type { Row } from './row.js'
import type { Stopwatch } from './stopwatch.js'

export interface Extent {
  readonly rounds: number
  readonly longestMs: number
  /** Only this party. */
  readonly party: string | undefined
  /** The folder for profiles. */
  readonly profile: string | undefined
  readonly steps: boolean
}
const MOST_REPEATS = 2
/** Volumes of a warm-up, at most. V8 compiles what runs often; os-brick and the bounds only load what they need. */
const warmVolumes = ({ name }: Party) => (name.startsWith('Brickwork') ? 16 : 1)

export async function measure(world: World, stopwatch: Stopwatch, row: Row, extent: Extent): Promise<Measured> {
  const parties = (await partiesFor(row)).filter(({ name, freshOf }) => [undefined, name, freshOf].includes(extent.party))
  const failures: { party: string; why: string }[] = []
  const rounds: Record<string, Round[]> = Object.fromEntries(parties.map(({ name }) => [name, []]))
  const repeated: Record<string, number> = {}
  const stories: Record<string, Story> = {}
  const loops: Record<string, Delay> = {}
  const hasFailed = ({ name }: Party) => failures.some(({ party }) => party === name)

  let stage = await begin(world, stopwatch, row, parties)
  const restart = async () => {
    await delay(undefined)
    await end(stopwatch, parties)
    stage = await begin(world, stopwatch, row, parties)
  }
  const attempt = async (party: Party, what: string, run: () => Promise<void>) => {
    if (hasFailed(party)) return
    try {
      await run()
    } catch (error) {
      failures.push({ party: party.name, why: String(error) })
      console.log(`${row.id} ${what} ${party.name} FAILED: ${String(error)}`)
      await restart()
    }
  }
  const keep = (party: Party, { round, report }: Played) => {
    rounds[party.name]?.push(round)
    if (report.story !== undefined) stories[party.name] = report.story
  }

  for (let warm = 0; warm < row.warms; warm++) {
    for (const party of parties.filter(({ name }) => warm === 0 || name !== 'os-brick'))
      await attempt(party, 'warm', async () => {
        const { report, round } = await play(warmUp(stage, party), party, { loop: warm === row.warms - 1, profile: undefined })
        console.log(`${row.id} warm ${party.name}: ${words(round.attach)}`)
        if (report.loop !== undefined) loops[party.name] = report.loop
      })
  }
  const begun = await machineMs()
  let longestRoundMs = 0
  for (let round = 1; round <= extent.rounds; round++) {
    const from = await machineMs()
    if (round > 1 && from - begun + longestRoundMs > extent.longestMs) break
    for (const party of shuffled(parties.filter(({ name }) => name !== 'os-brick' || round <= (row.peerRounds ?? extent.rounds)))) {
      await attempt(party, String(round), async () => {
        const profile = extent.profile === undefined ? undefined : `${extent.profile}/${row.id}-${round}.cpuprofile`
        for (let time = 0; ; time++) {
          const played = await play(stage, party, { loop: false, profile } satisfies Extras)
          tell(row, String(round), party, played, extent.steps)
          const { disturbed } = played.round
          if (disturbed !== undefined && time < MOST_REPEATS && !waitsByItself(row)) {
            repeated[party.name] = (repeated[party.name] ?? 0) + 1
            continue
          }
          keep(party, played)
          break
        }
      })
    }
    longestRoundMs = Math.max(longestRoundMs, (await machineMs()) - from)
  }
  await end(stopwatch, parties)
  await delay(undefined)
  return { id: row.id, rounds, repeated, failures, stories, loops }
}

/** The machine's time: that of the guest counts instructions. The emulated clock of the hardware is the machine's. */
async function machineMs(): Promise<number> {
  return Number(await readFile('/sys/class/rtc/rtc0/since_epoch', 'utf8')) * 1000
}

/** Such a round takes minutes, of time-outs that no disturbance changes. */
const waitsByItself = (row: Row) => row.portal !== undefined || row.missing !== undefined

async function begin(world: World, stopwatch: Stopwatch, row: Row, parties: readonly Party[]): Promise<Stage> {
  const served = await serve(world, row)
  await groupDaemons(stopwatch)
  for (const { name, argv, state, freshOf } of parties) {
    if (freshOf !== undefined) continue
    for (const directory of state) {
      await rm(directory, { recursive: true, force: true })
      await mkdir(directory, { recursive: true })
    }
    await stopwatch.start(name, argv)
  }
  await delay(row.delayMs)
  return { world, stopwatch, row, served }
}
async function end(stopwatch: Stopwatch, parties: readonly Party[]): Promise<void> {
  for (const { name, freshOf } of parties) if (freshOf === undefined) await stopwatch.end(name)
}
/** Without the row's fault. */
function warmUp(stage: Stage, party: Party): Stage {
  const { row } = stage
  const healthy = Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'portal')) as unknown as Row
  return { ...stage, row: healthy, served: { ...stage.served, storm: stage.served.storm.slice(0, warmVolumes(party)) } }
}
function shuffled<T>(all: readonly T[]): readonly T[] {
  return all
    .map((each) => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)
}

/** Prints a round for people. */
function tell({ id }: Row, round: string, { name }: Party, { round: { attach, detach, disturbed }, report }: Played, steps: boolean): void {
  console.log(`${id} ${round} ${name}: ${words(attach)}${detach === undefined ? '' : `; detach ${words(detach)}`}`)
  const programs = Object.entries(attach.byProgram).slice(0, 6)
  console.log(`  ${programs.map(([program, ms]) => `${program} ${ms.toFixed(1)}`).join(', ')}; main thread ${attach.mainMs.toFixed(1)}`)
  if (disturbed !== undefined) console.log(`  disturbed: ${disturbed}`)
  if (!steps) return
  for (const { step, path, startMs, ms } of report.story?.[0]?.steps ?? [])
    console.log(`    +${startMs.toFixed(1)} ms ${step} ${path ?? ''}: ${ms.toFixed(1)} ms`)
}
const words = ({ ms, idleMs }: Figures) => `${ms.toFixed(1)} ms (idle ${idleMs.toFixed(1)})`
