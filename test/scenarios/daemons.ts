/** Daemons and disks of the host that disappear during an operation, and come back. */
import type { Attacher, AttachRequest, Call } from '../../lib/index.js'
import { isBrickworkError } from '../../lib/index.js'
import { answersInTime, attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, serveOne, truthy } from '../world/expect.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const mapped = request('one', { portals: PORTALS, policy: { multipath: 'prefer' } })
/** The process that has created it may write (open-iscsi, idbm_lock). */
const DATABASE_LOCK = '/run/lock/iscsi/lock.write'
/** The deadline of a call while something is broken. */
const BROKEN_MS = 30_000

async function serveFour(world: World): Promise<void> {
  await world.multipathd('running')
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}

/** Calls, and acts `afterMs` after the step has begun for the first time. Returns `ok` or the code of the failure. */
async function meanwhile(
  world: World,
  attacher: Attacher,
  call: () => Promise<unknown>,
  step: string,
  afterMs: number,
  act: () => Promise<void>,
): Promise<string> {
  const events = attacher.events()
  let acting: Promise<void> | undefined
  const listening = (async () => {
    for await (const event of events) {
      if (event.type !== 'step:start' || event.step !== step) continue
      acting = (afterMs > 0 ? world.sleep(afterMs) : Promise.resolve()).then(act)
      return
    }
  })()
  const outcome = await answersInTime(world, BROKEN_MS, () => outcomeOf(call()))
  truthy(acting !== undefined, `it comes to ${step}: ${outcome}`)
  await listening
  await acting
  return outcome
}
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return error.code
  }
}
const say = (world: World, line: string) => {
  if (world.kind === 'real') console.log(`     ${line}`)
}
const inTime: Call = { timeoutMs: BROKEN_MS }

/** Detaches what is attached, resolves pending work, and expects a clean host. */
async function endsClean(world: World, attacher: Attacher, when: string): Promise<void> {
  for (const { id } of await attacher.list()) {
    if ((await outcomeOf(attacher.detach(id))) !== 'ok') await attacher.detach(id)
  }
  const { actions } = await attacher.recover()
  truthy(
    actions.every(({ action }) => action !== 'left'),
    `recovery ${when}: ${JSON.stringify(actions)}`,
  )
  await attacher.close()
  await expectClean(world, when)
  equal(await entries(world), [], `journal and claims ${when}`)
}
async function entries(world: World, stateDir = world.stateDir): Promise<string[]> {
  const names = [...(await world.list(`${stateDir}/attachments`)), ...(await world.list(`${world.runDir}/claims`))]
  return names.filter((name) => name.endsWith('.json'))
}

export const iscsidDies: Scenario = {
  name: 'iscsid-dies',
  title: 'iscsid is killed in the middle of an attach, between two, and before a detach: no session stays',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveOne(world)
    const again = async () => {
      await world.daemon('iscsid', 'killed')
      await world.sleep(500)
      await world.daemon('iscsid', 'started')
    }
    for (const afterMs of [0, 100, 250]) {
      const attacher = await world.attacher()
      const outcome = await meanwhile(world, attacher, () => attacher.attach(request('one'), inTime), 'login', afterMs, again)
      say(world, `iscsid killed ${afterMs} ms into a login: ${outcome}`)
      await endsClean(world, attacher, `after iscsid was killed ${afterMs} ms into a login`)
    }
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'), 'attach with an iscsid that was started again')
    await world.daemon('iscsid', 'killed')
    await story.tell('attach again without iscsid', attacher.attach(request('one')), ({ reused }) => reused)
    await story.tell('detach without iscsid', attacher.detach('one', inTime), ({ outcome }) => outcome)
    await world.daemon('iscsid', 'started')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const multipathdDies: Scenario = {
  name: 'multipathd-dies',
  title: 'multipathd is killed and started again in the middle of attach and detach: attached or clean, and clean at the end',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveFour(world)
    const again = async () => {
      await world.daemon('multipathd', 'killed')
      await world.sleep(300)
      await world.daemon('multipathd', 'started')
    }
    for (const [step, afterMs] of [
      ['scan', 50],
      ['assemble', 100],
      ['wait-ready', 0],
    ] as const) {
      const attacher = await world.attacher()
      const outcome = await meanwhile(world, attacher, () => attacher.attach(mapped, inTime), step, afterMs, again)
      say(world, `multipathd killed ${afterMs} ms into ${step}: ${outcome}`)
      await endsClean(world, attacher, `after multipathd was killed at ${step}`)
    }
    for (const [step, act] of [
      ['flush', again],
      ['remove-map', again],
      ['remove-map', () => world.daemon('multipathd', 'killed')],
    ] as const) {
      const attacher = await world.attacher()
      await attachOk(story, attacher, mapped)
      const outcome = await meanwhile(world, attacher, () => attacher.detach('one', inTime), step, 0, act)
      say(world, `multipathd killed at ${step}${act === again ? '' : ' for good'}: ${outcome}`)
      await endsClean(world, attacher, `after multipathd was killed at ${step}`)
    }
    await world.daemon('multipathd', 'started')
  },
}

export const udevdStops: Scenario = {
  name: 'udevd-stops',
  title: 'udevd is stopped in the middle of an attach: an error in time and nothing left, or a device that is ready for the kernel',
  only: 'real',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveOne(world)
    const attacher = await world.attacher()
    const attach = (policy: AttachRequest['policy']) => () =>
      attacher.attach(request('one', { policy: { multipath: 'never', ...policy } }), { timeoutMs: 10_000 })
    /** open-iscsi's database is locked until the signal has arrived: however fast a login is, udevd is stopped before the disk appears. */
    const beforeTheLogin = async (state: 'frozen' | 'killed', call: () => Promise<unknown>): Promise<string> => {
      await world.writeText(DATABASE_LOCK, '')
      return await meanwhile(world, attacher, call, 'login', 0, async () => {
        await world.daemon('udevd', state)
        await world.remove(DATABASE_LOCK)
      })
    }

    equal(await beforeTheLogin('frozen', attach({})), 'ERR_TIMEOUT', 'udevd is frozen before the login')
    await expectClean(world, 'while udevd is frozen')
    await world.daemon('udevd', 'thawed')
    story.note('frozen, ready for the kernel', await beforeTheLogin('frozen', attach({ ready: 'kernel' })))
    await detachOk(story, attacher, 'one')
    await world.daemon('udevd', 'thawed')
    await expectClean(world, 'after udevd is thawed')

    story.note('killed before the login', await beforeTheLogin('killed', attach({})))
    await world.daemon('udevd', 'started')
    await endsClean(world, attacher, 'after udevd was started again')
  },
}

/** For volumes that follow one another under one device name. */
const BUSY_MS = 5000
export const lateUdevRemove: Scenario = {
  name: 'late-udev-remove',
  title: 'udevd is late with the removal of a disk: the next volume at its name is answered when udev describes that one',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await world.volume('full', { content: 'ext4' })
    await world.volume('blank')
    await world.volume('other')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'full', 2: 'blank', 3: 'other' } })
    await using attacher = await world.attacher()
    for (const session of ['ends', 'stays'] as const) {
      if (session === 'stays') await attachOk(story, attacher, request('kept', { lun: 3 }))
      for (const [order, first, second] of [
        ['full, then blank', 1, 2],
        ['blank, then full', 2, 1],
      ] as const) {
        const before = await attachOk(story, attacher, request('before', { lun: first }))
        const release = await world.occupyUdev(BUSY_MS)
        await detachOk(story, attacher, 'before')
        const after = await attachOk(story, attacher, request('after', { lun: second }), order, { timeoutMs: 120_000 })
        story.note(`the session ${session}, ${order}: the same name`, after.device === before.device)
        equal(await world.fsType(after.device), second === 1 ? 'ext4' : '', `what udev says of ${order}`)
        await release()
        await detachOk(story, attacher, 'after')
      }
    }
    await detachOk(story, attacher, 'kept')
    await expectClean(world, 'in the end')
  },
}

export const udevdStopsMaps: Scenario = {
  name: 'udevd-stops-map',
  title: 'udevd is frozen while a map is made or removed: answered in time, and clean once it goes on',
  only: 'real',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveFour(world)
    const attacher = await world.attacher()
    const frozen = () => world.daemon('udevd', 'frozen')
    const attach = () => attacher.attach(mapped, { timeoutMs: 20_000 })
    for (const step of ['login', 'assemble', 'wait-ready']) {
      const outcome = await meanwhile(world, attacher, attach, step, 0, frozen)
      say(world, `udevd frozen at ${step}: ${outcome}`)
      await world.daemon('udevd', 'thawed')
      for (const { id } of await attacher.list()) await attacher.detach(id)
      await attacher.recover()
      await expectClean(world, `after udevd was frozen at ${step}`)
    }
    await attachOk(story, attacher, mapped)
    const outcome = await meanwhile(world, attacher, () => attacher.detach('one', { timeoutMs: 20_000 }), 'remove-map', 0, frozen)
    say(world, `udevd frozen at remove-map: ${outcome}`)
    await world.daemon('udevd', 'thawed')
    await endsClean(world, attacher, 'after udevd was frozen at remove-map')
  },
}

export const stateDiskFails: Scenario = {
  name: 'state-disk',
  title: 'the disk of the state directory is full, read-only or lost: ERR_STATE, nothing lost, nothing left once it is back',
  only: 'real',
  timeoutMs: 300_000,
  run: async (world, story) => {
    const stateDir = '/var/lib/brickwork-on-a-disk'
    await serveOne(world)
    await world.stateDisk(stateDir, 'good')
    const open = () => world.attacher({ stateDir })
    for (const state of ['full', 'read-only', 'lost'] as const) {
      const break_ = () => world.stateDisk(stateDir, state)
      const attacher = await open()
      await break_()
      equal(await outcomeOf(attacher.attach(request('one'), inTime)), 'ERR_STATE', `attach, ${state} from the beginning`)
      await expectClean(world, `after an attach, ${state} from the beginning`)
      await world.stateDisk(stateDir, 'good')

      const attached = await meanwhile(world, attacher, () => attacher.attach(request('one'), inTime), 'login', 0, break_)
      equal(attached, 'ERR_STATE', `attach, ${state} in the middle`)
      await expectClean(world, `after an attach, ${state} in the middle`)
      await world.stateDisk(stateDir, 'good')
      const undone = await attacher.recover()
      equal(
        await entries(world, stateDir),
        [],
        `journal and claims after an attach, ${state} in the middle: ${JSON.stringify(undone.actions)}`,
      )

      await attachOk(story, attacher, request('one'))
      await break_()
      const detached = await outcomeOf(attacher.detach('one', inTime))
      say(world, `state disk ${state}: attach ${attached}, detach ${detached}`)
      truthy(['ok', 'ERR_STATE'].includes(detached), `detach, ${state}: ${detached}`)
      await attacher.close()
      await world.stateDisk(stateDir, 'good')
      const next = await open()
      const { actions } = await next.recover()
      truthy(
        actions.every(({ action }) => ['completed', 'undone'].includes(action)),
        `recovery once the disk is back: ${JSON.stringify(actions)}`,
      )
      await next.close()
      await expectClean(world, `once the disk that was ${state} is back`)
      equal(await entries(world, stateDir), [], `journal and claims once the disk that was ${state} is back`)
    }
  },
}
