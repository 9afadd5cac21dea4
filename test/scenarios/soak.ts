/** Many minutes of mixed operations, in which nothing may grow or be left over. */
import type { Attacher } from '../../lib/index.js'
import { equal, expectClean, truthy } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { chance } from '../play/random.js'
import type { Scenario } from '../play/scenario.js'
import { seed } from '../play/seed.js'
import { CONTROL_MS, Report, type Sample, sample } from '../soak/report.js'
import { makeTrouble } from '../soak/trouble.js'
import { type Item, Work } from '../soak/work.js'
import type { World } from '../world/world.js'

const MINUTE_MS = 60_000
const WORKERS = 4
const VOLUMES = 4
const SIZE_MB = 16
const SAMPLES = 40
const RECOVERIES = 3
const TARGETS = [PORTALS.slice(0, 2), PORTALS.slice(2), PORTALS]
/** The helpers of a storm stay for a while. Two of them stay for good, with two pipes each. */
const HELPERS_STAY_MS = 10_000
const HELPERS_KEPT = 4
/** Growth of Node.js itself in that time, from code that is compiled later and from heap that is not collected yet. */
const RSS_GROWTH_KIB = 24 * 1024

async function fill(world: World): Promise<Item[]> {
  await world.multipathd('running', { noPathRetry: 'fail' })
  const items: Item[] = []
  for (const [index, portals] of TARGETS.entries()) {
    const iqn = `iqn.2024-01.org.example:soak-${index}`
    const names = Array.from({ length: VOLUMES }, (_, place) => `soak-${index}-${place}`)
    for (const name of names) await world.volume(name, { sizeMb: SIZE_MB })
    await world.target({ iqn, portals, luns: Object.fromEntries(names.map((name, place) => [place + 1, name])) })
    for (const [place, volume] of names.entries())
      items.push({
        volume,
        sizeMb: SIZE_MB,
        connection: { protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn, lun: place + 1 })) },
      })
  }
  return items
}

const soakFor = (name: string, minutes: number, more: Partial<Scenario>): Scenario => ({
  name,
  title: `${minutes} minutes of attach, resize and detach, while portals and daemons come and go: each answer in time, the host clean, nothing grows`,
  only: 'real',
  timeoutMs: (minutes + 8) * MINUTE_MS,
  run: async (world, story) => {
    const report = new Report()
    const items = await fill(world)
    const attacher = await world.attacher()
    const work = new Work(world, attacher, items, report)
    const from = world.now()
    const over = () => world.now() - from > minutes * MINUTE_MS
    const working = { done: false }
    world.lateness()
    const everyMs = (minutes * MINUTE_MS) / SAMPLES
    const watching = (async () => {
      while (!working.done) {
        const at = world.now()
        report.control(at, world.lateness())
        if (at - from >= report.samples.length * everyMs) report.samples.push(sample(at - from))
        await world.sleep(CONTROL_MS)
      }
    })()
    const troubling = makeTrouble(world, PORTALS, chance(seed), over, report)
    const workers = Array.from({ length: WORKERS }, (_, index) => work.goOn(chance(seed + 1 + index), over))
    await Promise.all([troubling, ...workers]).finally(() => (working.done = true))
    await watching
    await putRight(attacher, report)
    await attacher.close()
    await world.sleep(HELPERS_STAY_MS)
    report.samples.push(sample(world.now() - from))
    const { counts, samples, controlMs } = report
    story.note('report', { seed, minutes, controlMs, latestMs: Math.round(report.latestMs), counts, samples })
    for (const [what, count] of Object.entries(counts)) console.log(`     ${what}: ${count}`)
    await expectClean(world, 'at the end')
    equal(await world.list(`${world.runDir}/claims`), [], 'claims')
    equal(await world.list(`${world.stateDir}/attachments`), [], 'the journal')
    equal(report.tooLate(), [], 'answers that came too late')
    expectFlat(samples)
  },
  ...more,
})

/** Even an attach's last own attempt may leave pending work. With all portals and daemons running again, `recover()` cleans it up. */
async function putRight(attacher: Attacher, report: Report): Promise<void> {
  for (let round = 0; round < RECOVERIES; round++) {
    const { actions } = await attacher.recover({ timeoutMs: MINUTE_MS })
    const left = actions.filter(({ action }) => action === 'left')
    for (const { action } of actions) report.count(`recover at the end: ${action}`)
    if (left.length === 0) return
    for (const each of left) console.log(`     left by recover(): ${JSON.stringify(each)}`)
  }
}

/** Compares the second half with the second quarter: by then every part has been used once. */
function expectFlat(samples: readonly Sample[]): void {
  const quarter = Math.floor(samples.length / 4)
  const [warm, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)]
  const median = (of: readonly Sample[], what: keyof Sample) =>
    of.map((each) => each[what]).sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0
  const growth = (what: keyof Sample) => median(late, what) - median(warm, what)
  truthy(growth('rssKib') < RSS_GROWTH_KIB, `memory is flat: ${growth('rssKib')} KiB more`)
  const [first, last] = [samples[0], samples.at(-1)]
  truthy(
    (last?.descriptors ?? 0) <= (first?.descriptors ?? 0) + HELPERS_KEPT + 2,
    `descriptors: ${first?.descriptors} before, ${last?.descriptors} after`,
  )
}

export const soakShort = soakFor('soak-short', 2, { long: true })
export const soak = soakFor('soak', 20, { long: true })
