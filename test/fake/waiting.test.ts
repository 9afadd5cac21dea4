/** Who waits for a lock or for a place learns who has it, and since when. */
import { expect, test } from 'vitest'
import { type Attacher, type BrickworkError, createAttacher, type OperationEvent } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'
import { lockHolders } from '../../lib/operation/wait-holders.js'
import { IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const LOCKS = '/run/brickwork/locks'
const TIMEOUT_MS = 6000
const never = new AbortController().signal

async function failure(promise: Promise<unknown>): Promise<BrickworkError> {
  return await promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error as BrickworkError,
  )
}
function waitsOf(attacher: Attacher): OperationEvent[] {
  const waits: OperationEvent[] = []
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'waiting') waits.push(event)
  })()
  return waits
}
async function serving(): Promise<FakeWorld> {
  const world = await createFakeWorld()
  await serveOne(world)
  return world
}
const holder = (more: object) => expect.objectContaining({ command: 'node', operation: 'attach', id: 'one', ...more }) as unknown

test('a call for a busy attachment says which operation of this process has it, and since when', async () => {
  const world = await serving()
  const attacher = await world.attacher()
  const waits = waitsOf(attacher)
  const stuck = world.host.faults.plant({ on: 'files.link', does: { hang: 'before' } })
  const attached = attacher.attach(request('one'))
  const sinceMs = world.host.clock.wallMs()
  await stuck.reached
  const pid = Number(await world.host.files.readLink('/proc/self'))
  const from = world.host.clock.now()
  const busy = await failure(attacher.detach('one', { timeoutMs: TIMEOUT_MS }))
  const heldBy = [{ pid, command: 'node', operation: 'attach', id: 'one', owner: 'default', sinceMs }]
  expect(busy).toMatchObject({ code: 'ERR_BUSY', step: 'admit', sideEffects: 'none', volume: 'one' })
  expect(busy.details).toEqual({ awaited: 'the lock "attachment default one"', waitedMs: 4800, heldBy })
  expect(busy.message).toBe(
    `"one" is busy: waited 5 s for the lock "attachment default one", held by process ${pid} (node), attach of attachment "one" (owner "default"), for 5 s`,
  )
  expect(waits).toEqual([
    expect.objectContaining({
      type: 'waiting',
      id: 'one',
      step: 'admit',
      awaited: 'the lock "attachment default one"',
      waitedMs: 1000,
      heldBy,
    }),
  ])
  expect((waits[0]?.at ?? 0) - sinceMs - from).toBeCloseTo(1000, -1)
  stuck.release()
  await attached
  await attacher.detach('one')
  await world.close()
})

test('a call for an attachment that another process has names that process', async () => {
  const world = await serving()
  const agent = await world.agent()
  const attacher = await world.attacher()
  const waits = waitsOf(attacher)
  const stuck = world.host.faults.plant({ on: 'files.link', does: { hang: 'before' } })
  const attached = agent.attacher.attach(request('one'))
  await stuck.reached
  const busy = await failure(attacher.detach('one', { timeoutMs: TIMEOUT_MS }))
  expect(busy.code).toBe('ERR_BUSY')
  const own = Number(await world.host.files.readLink('/proc/self'))
  const { heldBy = [] } = busy.details as { heldBy?: readonly { pid: number }[] }
  expect(heldBy).toEqual([holder({ owner: 'default', sinceMs: expect.any(Number) as unknown })])
  expect(heldBy[0]?.pid).not.toBe(own)
  expect(waits).toMatchObject([{ type: 'waiting', heldBy }])
  stuck.release()
  await attached
  await attacher.detach('one')
  await world.close()
})

test('a call that gets no place among all operations says who has the places', async () => {
  const world = await serving()
  const attacher = await createAttacher({ host: world.host, limits: { operations: 1 } })
  const stuck = world.host.faults.plant({ on: 'files.link', does: { hang: 'before' } })
  const attached = attacher.attach(request('one'))
  await stuck.reached
  const busy = await failure(attacher.detach('other', { timeoutMs: TIMEOUT_MS }))
  expect(busy).toMatchObject({
    code: 'ERR_BUSY',
    details: { awaited: 'one of 1 places for operations (limits.operations)', heldBy: [holder({})] },
  })
  stuck.release()
  await attached
  await attacher.detach('one')
  await attacher.close()
})

test('a call that its caller ends while it waits says what it waited for', async () => {
  const world = await serving()
  const attacher = await world.attacher()
  const stuck = world.host.faults.plant({ on: 'files.link', does: { hang: 'before' } })
  const attached = attacher.attach(request('one'))
  await stuck.reached
  const enough = new AbortController()
  const ended = failure(attacher.detach('one', { signal: enough.signal }))
  await world.sleep(3000)
  enough.abort()
  const error = await ended
  expect(error).toMatchObject({ code: 'ERR_ABORTED', step: 'admit', retryable: false, details: { waitedMs: 3000, heldBy: [holder({})] } })
  expect(error.message).toMatch(/^The caller aborted the operation: it waited 3 s for the lock "attachment default one", held by process /)
  stuck.release()
  await attached
  await attacher.detach('one')
  await world.close()
})

test('an attach that waits for the disk of another owner says who has the lock of the LUN', async () => {
  const world = await serving()
  const ann = await world.attacher()
  const ben = await world.attacher({ owner: 'ben', stateDir: `${world.stateDir}-ben` })
  await ann.attach(request('one'))
  const slow = world.host.faults.plant({ on: 'kernel.write', matching: '/delete 1', does: { delayMs: 20_000 } })
  const detached = ann.detach('one')
  await slow.reached
  const waits = waitsOf(ben)
  const late = await failure(ben.attach(request('two'), { timeoutMs: TIMEOUT_MS }))
  const detach = holder({ operation: 'detach', owner: 'default' })
  expect(late).toMatchObject({ code: 'ERR_TIMEOUT', sideEffects: 'undone', details: { timeoutMs: TIMEOUT_MS, heldBy: [detach] } })
  expect(late.message).toMatch(/^Not done within 6000 ms: it waited 5 s for the lock "lun .+ 1", held by process \d+ \(node\), detach of /)
  expect(waits).toMatchObject([{ type: 'waiting', id: 'two', waitedMs: 1000, heldBy: [detach] }])
  await detached
  await world.close()
})

test('a short wait is not reported', async () => {
  const world = await serving()
  const attacher = await world.attacher()
  const waits = waitsOf(attacher)
  world.host.faults.plant({ on: 'files.link', does: { delayMs: 400 } })
  const attached = attacher.attach(request('one'))
  await attacher.detach('one')
  await attached
  expect(waits).toEqual([])
  await world.close()
})

test('an attach that gets no login slot in its time says who logs in there', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  const other = `${IQN}-2`
  for (const iqn of [IQN, other]) await world.target({ iqn, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await createAttacher({ host: world.host, limits: { iscsi: { loginsPerPortal: 1 } } })
  const slow = world.host.faults.plant({ on: 'commands.run', matching: ['iscsiadm', '--login'], does: { delayMs: 20_000 } })
  const first = attacher.attach(request('one'))
  await slow.reached
  const late = await failure(attacher.attach(request('two', { iqn: other }), { timeoutMs: TIMEOUT_MS }))
  expect(late).toMatchObject({ step: 'wait-for-portal', details: { awaited: `a turn at portal ${PORTAL}`, heldBy: [holder({})] } })
  expect(late.message).toContain(`for a turn at portal ${PORTAL}, held by process`)
  await first
  await attacher.close()
})

test('what a killed process wrote is not believed of the process that has the lock now', async () => {
  const host = new FakeHost()
  const killed = host.process()
  await killed.locks.take(LOCKS, 'x', never, { owner: 'agent', id: 'one', operation: 'attach' })
  const [holding] = await lockHolders(host, LOCKS, 'x')
  expect(holding).toMatchObject({ operation: 'attach', id: 'one', command: 'node' })
  const next = killed.crash()
  const left = await lockHolders(host, LOCKS, 'x')
  expect(left, 'the file still says who had it; nobody has it').toEqual([{ ...holding, command: undefined, gone: true }])
  await next.locks.take(LOCKS, 'x', never)
  const pid = Number(await next.files.readLink('/proc/self'))
  expect(await lockHolders(host, LOCKS, 'x')).toEqual([{ pid, command: 'node' }])
  await host.files.replace(`${LOCKS}/${(await host.files.list(LOCKS))[0] ?? ''}`, '{"pid": 4', 0o600)
  expect(await lockHolders(host, LOCKS, 'x'), 'a torn line').toEqual([{ pid, command: 'node' }])
  expect(await lockHolders(host, LOCKS, 'y'), 'a lock that nobody ever had').toEqual([])
})

test('an attach of several paths that a lock keeps waiting says so, although the operation itself waits for its paths', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const user = { owner: 'other', id: 'theirs', operation: 'detach' }
  const portals = [PORTAL, SECOND_PORTAL]
  const others = world.host.process()
  const locks = await Promise.all(portals.map((portal) => others.locks.take(LOCKS, `portal ${IQN} ${portal}`, never, user)))
  const late = await failure(attacher.attach(request('one', { portals, policy: { multipath: 'require' } }), { timeoutMs: TIMEOUT_MS }))
  expect(late).toMatchObject({ code: 'ERR_TIMEOUT', step: 'login', details: { heldBy: [holder(user)] } })
  expect(late.message).toContain('held by process')
  for (const lock of locks) await lock.release()
  await world.close()
})
