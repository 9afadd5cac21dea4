/** Requests to iscsid over its socket: which daemons, which records, and how failures are handled. */
import { expect, test, vi } from 'vitest'
import { BrickworkError } from '../../lib/core/errors.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, PORTAL, request, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { ended } from './field.js'

const alone = (id: string) => request(id, { policy: { multipath: 'never' } })
const ISCSID = 'ISCSIADM_ABSTRACT_NAMESPACE'

async function staged(options: FakeHostOptions = {}) {
  const world = await createFakeWorld(options)
  await serveOne(world)
  return { world, attacher: await world.attacher({ policy: { iscsi: { logins: 'socket' } } }) }
}
const byProgram = ({ host }: FakeWorld) => host.ran.filter((argv) => argv.some((word) => /^--log(in|out)$/.test(word))).length
/** Sizes of the requests to iscsid. */
const requests = ({ host }: FakeWorld) => {
  const exchange = vi.spyOn(host.kernel, 'exchange')
  return () => exchange.mock.calls.filter(([{ socket }]) => socket === ISCSID).map(([{ bytes }]) => bytes.length)
}

test.each([
  ['2.1.8', 16_104],
  ['2.1.11', 16_112],
])(
  'open-iscsi %s: the size is found from the smallest on, once; a login and a logout without a program',
  async (openIscsiVersion, bytes) => {
    const { world, attacher } = await staged({ openIscsiVersion })
    const sizes = requests(world)
    await attacher.attach(alone('one'))
    await attacher.detach('one')
    const tried = [16_088, 16_104, 16_112].filter((size) => size <= bytes)
    expect(sizes()).toEqual([...tried, bytes, bytes])
    expect(byProgram(world)).toBe(0)
    await ended(world)
  },
)

test.each([
  ['a version whose requests are not known', { openIscsiVersion: '2.1.12' }, 0],
  ['2.1.10, which forgets to answer', { openIscsiVersion: '2.1.10' }, 0],
])('%s is left to iscsiadm, and told nothing', async (_, options, asked) => {
  const { world, attacher } = await staged(options)
  const sizes = requests(world)
  await attacher.attach(alone('one'))
  await attacher.detach('one')
  expect(sizes()).toHaveLength(asked)
  expect(byProgram(world)).toBe(2)
  await ended(world)
})

test('a size that is not that of its version is left to iscsiadm', async () => {
  const { world, attacher } = await staged()
  const real = world.host.kernel.exchange.bind(world.host.kernel)
  vi.spyOn(world.host.kernel, 'exchange').mockImplementation((asked, signal) =>
    asked.bytes.length < 16_112 ? Promise.resolve(new Uint8Array()) : real(asked, signal),
  )
  await attacher.attach(alone('one'))
  await attacher.detach('one')
  expect(byProgram(world)).toBe(2)
  await ended(world)
})

test("another user's program in its place is told nothing: ERR_PERMISSION", async () => {
  const { world, attacher } = await staged({ iscsidSocket: 'another user' })
  await expect(attacher.attach(alone('one'))).rejects.toMatchObject({ code: 'ERR_PERMISSION', sideEffects: 'undone' })
  expect(byProgram(world)).toBe(0)
  await expectClean(world, 'after the refused attach')
  await ended(world)
})

test('a record of another program is used by iscsiadm, as it is', async () => {
  const { world, attacher } = await staged()
  await world.foreignRecord(IQN, PORTAL)
  const [path = ''] = world.host.names(`/etc/iscsi/nodes/${IQN}`)
  const record = `/etc/iscsi/nodes/${IQN}/${path}/default`
  world.host.put(record, (world.host.text(record) ?? '').replace('scan = auto', 'scan = manual'), { mode: 0o600 })
  await attacher.attach(alone('one'))
  expect(byProgram(world)).toBe(1)
  await attacher.detach('one')
  await world.foreignLogout(IQN, PORTAL)
  await ended(world)
})

test('a daemon that does not run is started by iscsiadm, or is ERR_DAEMON_UNREACHABLE', async () => {
  const { world, attacher } = await staged()
  await world.daemon('iscsid', 'killed')
  await expect(attacher.attach(alone('one'))).rejects.toMatchObject({ code: 'ERR_DAEMON_UNREACHABLE' })
  await world.daemon('iscsid', 'started')
  const before = byProgram(world)
  await attacher.attach(alone('one'))
  await attacher.detach('one')
  expect(byProgram(world)).toBe(before)
  await ended(world)
})

test('one that closes the connection without an answer is not asked again, until it is started anew', async () => {
  const { world, attacher } = await staged()
  await attacher.attach(alone('one'))
  await attacher.detach('one')
  world.host.faults.plant({ on: 'kernel.exchange', matching: ISCSID, does: { fail: 'ECONNRESET' } })
  await expect(attacher.attach(alone('two'))).rejects.toMatchObject({ code: 'ERR_TOOL_FAILED', details: { exitCode: 18 } })
  await attacher.recover()
  await expectClean(world, 'after the lost answer')
  await attacher.attach(alone('three'))
  await attacher.detach('three')
  expect(byProgram(world)).toBe(2)
  await world.daemon('iscsid', 'killed')
  await world.daemon('iscsid', 'started')
  await attacher.attach(alone('four'))
  await attacher.detach('four')
  expect(byProgram(world)).toBe(2)
  await ended(world)
})

test('one that is killed before it has answered is spoken to again once it is started', async () => {
  const { world, attacher } = await staged()
  await attacher.attach(alone('one'))
  await attacher.detach('one')
  const dying = vi.spyOn(world.host.kernel, 'exchange').mockImplementationOnce(async () => {
    await world.daemon('iscsid', 'killed')
    return new Uint8Array()
  })
  await expect(attacher.attach(alone('two'))).rejects.toMatchObject({ code: 'ERR_TOOL_FAILED', details: { exitCode: 18 } })
  dying.mockRestore()
  await world.daemon('iscsid', 'started')
  const before = byProgram(world)
  await attacher.attach(alone('three'))
  await attacher.detach('three')
  expect(byProgram(world)).toBe(before)
  await ended(world)
})

test('one that is killed when the session is there, and before it has answered: nobody logs in again, and the session is not left', async () => {
  const { world, attacher } = await staged()
  await attacher.attach(alone('one'))
  await attacher.detach('one')
  const { kernel } = world.host
  const exchange = kernel.exchange.bind(kernel)
  const dying = vi.spyOn(kernel, 'exchange').mockImplementationOnce(async (asked, signal) => {
    await exchange(asked, signal)
    // The same error as on the real machine.
    throw new BrickworkError('ERR_DAEMON_UNREACHABLE', 'the connection was reset', { details: { socket: ISCSID, errno: 'ECONNRESET' } })
  })
  const before = byProgram(world)
  await expect(attacher.attach(alone('two'))).rejects.toMatchObject({ code: 'ERR_TOOL_FAILED', details: { exitCode: 18 } })
  dying.mockRestore()
  expect(world.host.ran.filter((argv) => argv.includes('--login')).length, 'logins by iscsiadm').toBe(0)
  expect(byProgram(world), 'the logout').toBe(before + 1)
  await expectClean(world, 'after the lost answer')
  await ended(world)
})

test('no more than eight requests are under way at once', async () => {
  const world = await createFakeWorld({ delays: { exchange: 50 } })
  const numbers = Array.from({ length: 24 }, (_, index) => index)
  for (const number of numbers) {
    await world.volume(`v${number}`)
    await world.target({ iqn: `${IQN}.${number}`, portals: [PORTAL], luns: { 1: `v${number}` } })
  }
  const real = world.host.kernel.exchange.bind(world.host.kernel)
  let now = 0
  let most = 0
  vi.spyOn(world.host.kernel, 'exchange').mockImplementation(async (asked, signal) => {
    const isLogin = asked.socket === ISCSID && asked.bytes[0] === 1
    now += isLogin ? 1 : 0
    most = Math.max(most, now)
    try {
      return await real(asked, signal)
    } finally {
      now -= isLogin ? 1 : 0
    }
  })
  const attacher = await world.attacher({ policy: { iscsi: { logins: 'socket' }, multipath: 'never' } })
  await Promise.all(numbers.map((number) => attacher.attach(request(`v${number}`, { iqn: `${IQN}.${number}` }))))
  expect(most).toBe(8)
  await Promise.all(numbers.map((number) => attacher.detach(`v${number}`)))
  await ended(world)
})

test('while a login takes its time, the daemon is woken up at each whole second', async () => {
  const { world, attacher } = await staged()
  await attacher.attach(alone('warm'))
  await attacher.detach('warm')
  const questions: number[] = []
  const real = world.host.kernel.exchange.bind(world.host.kernel)
  vi.spyOn(world.host.kernel, 'exchange').mockImplementation((asked, signal) => {
    if (asked.socket === ISCSID && asked.bytes[0] === 8) questions.push(world.now() % 1000)
    return real(asked, signal)
  })
  await world.portal(PORTAL, 'mute')
  await expect(attacher.attach(alone('one'), { timeoutMs: 12_000 })).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' })
  expect(questions.length).toBeGreaterThan(4)
  for (const ms of questions) expect(ms).toBeCloseTo(5, 0)
  const { length } = questions
  await world.sleep(5000)
  expect(questions).toHaveLength(length)
  await ended(world)
})
