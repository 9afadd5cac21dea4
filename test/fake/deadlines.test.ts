/** Every call returns within 0.5 s of its deadline, even if the state or run directory does not respond. */
import { describe, expect, test } from 'vitest'
import type { Attacher } from '../../lib/index.js'
import { expectClean, request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const TIMEOUT_MS = 1000
const LATEST_MS = TIMEOUT_MS + 500
const SLOW_MS = 300_000
const { connection } = request('one')
const call = { timeoutMs: TIMEOUT_MS }

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) expect(event).toBeDefined()
}
const verbs: readonly (readonly [string, (attacher: Attacher) => Promise<unknown>])[] = [
  ['attach', (attacher) => attacher.attach(request('two'), call)],
  ['attach again', (attacher) => attacher.attach(request('one'), call)],
  ['detach', (attacher) => attacher.detach('one', call)],
  ['detach by connection', (attacher) => attacher.detach({ connection }, call)],
  ['inspect', (attacher) => attacher.inspect('one', call)],
  ['inspect by connection', (attacher) => attacher.inspect({ connection }, call)],
  ['resize', (attacher) => attacher.resize('one', call)],
  ['resize by connection', (attacher) => attacher.resize({ connection }, call)],
  ['list', (attacher) => attacher.list(call)],
  ['recover', (attacher) => attacher.recover(call)],
  ['recover, as a plan', (attacher) => attacher.recover({ ...call, dryRun: true })],
  ['recover and adopt', (attacher) => attacher.recover({ ...call, adopt: true })],
  ['enumerate', (attacher) => attacher.enumerate(call)],
  ['identity', (attacher) => attacher.identity(call)],
  ['watch', (attacher) => drained(attacher.watch(call))],
  ['follow', (attacher) => drained(attacher.follow(call))],
]
const calls = [
  ...(['read', 'readBytes', 'list', 'stat', 'makeDirectory', 'commit', 'replace', 'remove', 'link', 'readLink'] as const).map(
    (name) => `files.${name}` as const,
  ),
  'kernel.readChanged',
] as const

describe.each(['/var/lib/brickwork', '/run/brickwork'])('with %s slow', (directory) => {
  test.each(verbs)('%s answers by its deadline', async (_, act) => {
    const world = await createFakeWorld()
    await serveOne(world)
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    const faults = calls.map((on) => world.host.faults.plant({ on, matching: directory, times: Infinity, does: { delayMs: SLOW_MS } }))
    const from = world.now()
    await act(attacher).catch((error: unknown) => {
      expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(TIMEOUT|BUSY)$/) as string })
    })
    expect(world.now() - from).toBeLessThanOrEqual(LATEST_MS)
    const closing = world.now()
    await attacher.close(call).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'ERR_TIMEOUT', sideEffects: 'pending' })
    })
    expect(world.now() - closing).toBeLessThanOrEqual(LATEST_MS)
    for (const fault of faults) fault.withdraw()
    await world.sleep(3 * SLOW_MS)
    const later = await world.attacher()
    await later.recover()
    for (const id of ['one', 'two']) await later.detach(id)
    await world.close()
    await expectClean(world, 'at the end')
    expect(world.host.locked).toEqual([])
  })
})
