/** A storm over FakeHost: a thousand operations at once over fifty targets, some of which are faulty. */
import { tracingChannel } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  BrickworkError,
  type Attacher,
  type AttachRequest,
  type Call,
  createAttacher,
  type OperationEvent,
  type StepTiming,
} from '../../lib/index.js'
import { Random } from '../../lib/testing/time/random.js'
import { expectClean } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const LIMITS = { operations: 100, scansPerHost: 1, iscsi: { loginsPerPortal: 2 } }
const ARRAYS = 10
const TARGETS = 50
const VOLUMES = 10
const iqn = (target: number) => `iqn.2024-01.org.example:storm-${target}`
/** Five targets share the same two portals. */
const portals = (target: number) => [1, 2].map((network) => `10.${network}.0.${1 + (target % ARRAYS)}:3260`)
/** The fault of a target. */
const TROUBLE = ['well', 'well', 'well', 'well', 'one-dropped', 'one-mute', 'all-refused', 'well', 'well', 'no-such-lun'] as const
const troubleOf = (target: number) => TROUBLE[target % ARRAYS] ?? 'well'

function requestOf(target: number, lun: number): AttachRequest {
  return {
    id: `${target}-${lun}`,
    connection: { protocol: 'iscsi', targets: portals(target).map((portal) => ({ portal, iqn: iqn(target), lun })) },
    policy: { multipath: target % 2 === 0 ? 'prefer' : 'never' },
  }
}

/** The number of programs and writes in progress at once, by their object. */
class Tally {
  readonly most = new Map<string, number>()
  readonly #now = new Map<string, number>()

  begin(key: string): void {
    this.#now.set(key, (this.#now.get(key) ?? 0) + 1)
    this.most.set(key, Math.max(this.most.get(key) ?? 0, this.#now.get(key) ?? 0))
  }
  end(key: string): void {
    this.#now.set(key, (this.#now.get(key) ?? 0) - 1)
  }
  highest(kind: string): number {
    return Math.max(0, ...[...this.most].flatMap(([key, count]) => (key.startsWith(kind) ? [count] : [])))
  }
}
let tally = new Tally()
const loginAt = ({ argv }: { argv?: readonly string[] }) =>
  argv?.includes('--login') === true ? `login ${argv[argv.indexOf('-p') + 1] ?? ''}` : undefined
const scanAt = ({ call, subject = '' }: { call?: string; subject?: string }) => {
  const [, host] = call === 'write' ? (/host(\d+)\/scan$|\/(\d+):\d+:\d+:\d+\/delete$/.exec(subject)?.filter(Boolean) ?? []) : []
  return host === undefined ? undefined : `scsi ${host}`
}
const told = (change: 'begin' | 'end') => (message: unknown) => {
  const key = loginAt(message as object) ?? scanAt(message as object)
  if (key !== undefined) tally[change](key)
}
const listener = { start: told('begin'), asyncEnd: told('end'), end: () => undefined, asyncStart: () => undefined, error: () => undefined }
const channels = ['command', 'kernel'].map((name) => tracingChannel(`brickwork:${name}`))
beforeEach(() => {
  tally = new Tally()
  for (const channel of channels) channel.subscribe(listener)
})
afterEach(() => {
  for (const channel of channels) channel.unsubscribe(listener)
})

async function staged(): Promise<{ world: FakeWorld; attacher: Attacher; events: OperationEvent[] }> {
  const world = await createFakeWorld({ multipathd: 'running' })
  for (let target = 0; target < TARGETS; target++) {
    const names = Array.from({ length: VOLUMES }, (_, index) => `v${target}-${index + 1}`)
    for (const name of names) await world.volume(name)
    const luns = troubleOf(target) === 'no-such-lun' ? {} : Object.fromEntries(names.map((name, index) => [index + 1, name]))
    await world.target({ iqn: iqn(target), portals: portals(target), luns })
    await makeTrouble(world, target)
  }
  const attacher = await createAttacher({ host: world.host, stateDir: world.stateDir, runDir: world.runDir, limits: LIMITS })
  const events: OperationEvent[] = []
  void (async () => {
    for await (const event of attacher.events()) events.push(event)
  })()
  return { world, attacher, events }
}
async function makeTrouble(world: FakeWorld, target: number): Promise<void> {
  const [first = '', second = ''] = portals(target)
  const trouble = troubleOf(target)
  if (trouble === 'one-dropped') await world.portal(first, 'drop')
  if (trouble === 'one-mute') await world.portal(first, 'mute')
  if (trouble === 'all-refused') for (const portal of [first, second]) await world.portal(portal, 'refuse')
}

const TIMES_MS = [20_000, 40_000, 80_000]
function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item)
}

interface Outcome {
  readonly verb: 'attach' | 'detach'
  readonly trouble: (typeof TROUBLE)[number]
  readonly code: string
  readonly lateMs: number
  readonly timings: readonly StepTiming[]
}

/** Attaches and detaches all volumes. Retries failed attaches once. */
async function storm(world: FakeWorld, attacher: Attacher): Promise<Outcome[]> {
  const random = new Random(7)
  const requests = Array.from({ length: TARGETS * VOLUMES }, (_, index) => ({
    target: index % TARGETS,
    request: requestOf(index % TARGETS, 1 + Math.floor(index / TARGETS)),
  }))
  const timed = async (
    verb: Outcome['verb'],
    target: number,
    run: (call: Call) => Promise<{ timings: readonly StepTiming[] }>,
  ): Promise<Outcome> => {
    const timeoutMs = TIMES_MS[random.below(TIMES_MS.length)] ?? 0
    const from = world.now()
    const answer = await run({ timeoutMs }).then(
      ({ timings }) => ({ code: 'ok', timings }),
      (error: unknown) => ({ code: error instanceof BrickworkError ? error.code : 'unexpected', timings: [] }),
    )
    return { verb, trouble: troubleOf(target), lateMs: world.now() - from - timeoutMs, ...answer }
  }
  const both = async ({ target, request }: (typeof requests)[number]) => {
    const attach = () => timed('attach', target, (call) => attacher.attach(request, call))
    const first = await attach()
    return [first, first.code === 'ok' ? await timed('detach', target, (call) => attacher.detach(request.id, call)) : await attach()]
  }
  return (await Promise.all(shuffled(random, requests).map(both))).flat()
}

/** The order in which operations arrived, and the order in which they were admitted. */
function orders(events: readonly OperationEvent[]): { came: string[]; admitted: string[] } {
  const came = events.flatMap((event) => (event.type === 'operation:start' ? [event.id] : []))
  const admitted = events.flatMap((event) => (event.type === 'step:end' && event.step === 'admit' ? [event.id] : []))
  return { came: came.map(nth(came)), admitted: admitted.map(nth(admitted)) }
}
/** An attachment has two operations. */
const nth = (all: readonly string[]) => (id: string, index: number) => `${id} ${all.indexOf(id) === index ? 'first' : 'second'}`

/** The largest difference between the positions of an operation in the two orders. */
function worstPlace(came: readonly string[], admitted: readonly string[]): number {
  const places = new Map(came.map((each, index) => [each, index]))
  return Math.max(...admitted.map((each, index) => Math.abs((places.get(each) ?? Number.POSITIVE_INFINITY) - index)))
}
/** An attach that still scans for a missing LUN at its deadline may fail with either code. */
const UNSHOWN: readonly string[] = ['ERR_LUN_NOT_FOUND', 'ERR_TIMEOUT']
function counted(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { verb, trouble, code } of outcomes) {
    const said = trouble === 'no-such-lun' && UNSHOWN.includes(code) ? 'not shown' : code
    const kind = `${verb} ${trouble} ${said}`
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

describe('a thousand operations at once', () => {
  test('each ends by its deadline, in the order of its coming, and no portal and no SCSI host has more to do than it may', async () => {
    const { world, attacher, events } = await staged()
    const outcomes = await storm(world, attacher)
    expect(counted(outcomes)).toEqual({
      'attach well ok': 300,
      'detach well ok': 300,
      'attach one-dropped ok': 50,
      'detach one-dropped ok': 50,
      'attach one-mute ok': 50,
      'detach one-mute ok': 50,
      'attach all-refused ERR_TARGET_UNREACHABLE': 100,
      'attach no-such-lun not shown': 100,
    })
    expect(outcomes.filter(({ code }) => code === 'ERR_LUN_NOT_FOUND').length).toBeGreaterThan(90)
    expect(outcomes.filter(({ lateMs }) => lateMs > 500)).toEqual([])
    const { came, admitted } = orders(events)
    expect(came).toHaveLength(1000)
    expect(worstPlace(came, admitted)).toBeLessThan(LIMITS.operations)
    expect({ logins: tally.highest('login'), scans: tally.highest('scsi') }).toEqual({
      logins: LIMITS.iscsi.loginsPerPortal,
      scans: LIMITS.scansPerHost,
    })
    const waits = outcomes.flatMap(({ timings }) => timings.filter(({ step }) => step.startsWith('wait-for-')))
    expect(new Set(waits.map(({ step }) => step))).toEqual(new Set(['wait-for-portal', 'wait-for-scsi-host']))
    await attacher.close()
    await expectClean(world, 'after the storm')
    expect(world.host.locked).toEqual([])
  }, 300_000)

  test('a login that was given up keeps its place at the portal as long as iscsid has it', async () => {
    const world = await createFakeWorld()
    const [portal = ''] = portals(0)
    for (const target of [0, 1]) {
      await world.volume(`v${target}`)
      await world.target({ iqn: iqn(target), portals: [portal], luns: { 1: `v${target}` } })
    }
    await world.portal(portal, 'mute')
    const { host, stateDir, runDir } = world
    const attacher = await createAttacher({ host, stateDir, runDir, limits: { iscsi: { loginsPerPortal: 1 } } })
    const request = (target: number): AttachRequest => ({
      id: `${target}`,
      connection: { protocol: 'iscsi', targets: [{ portal, iqn: iqn(target), lun: 1 }] },
    })
    const impatient = new AbortController()
    const given = attacher.attach(request(0), { signal: impatient.signal }).catch(() => undefined)
    await world.sleep(1000)
    impatient.abort()
    await given
    const next = attacher.attach(request(1), { timeoutMs: 120_000 })
    await world.sleep(5000)
    expect(tally.highest('login')).toBe(1)
    await world.portal(portal, 'open')
    expect((await next).timings.map(({ step }) => step)).toContain('wait-for-portal')
    expect(tally.highest('login')).toBe(1)
    await attacher.detach('1')
    await attacher.close()
    await expectClean(world, 'at the end')
  })
})
