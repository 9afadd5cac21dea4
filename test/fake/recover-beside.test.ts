/** Recoveries while other operations run, and recoveries that are killed. */
import { describe, expect, test, vi } from 'vitest'
import type { RecoveryAction } from '../../lib/index.js'
import { Claims } from '../../lib/operation/claims.js'
import { IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { ended, loseAll, PORTALS, recovered, worldWith } from './recovered.js'

const THEIRS = { owner: 'theirs', stateDir: '/var/lib/theirs' }

describe('while others are at work', () => {
  test("an attach that was interrupted is another owner's to undo", async () => {
    const world = await worldWith()
    const theirs = await world.attacher(THEIRS)
    const scan = world.host.faults.plant({ on: 'kernel.write', does: { crash: 'after' } })
    void theirs.attach(request('one'))
    await scan.reached
    world.crash()
    const before = await world.leftovers()
    const next = await world.attacher()
    expect(await recovered(next)).toEqual(['foreign attachment "one" of owner "theirs"'])
    expect(await world.leftovers()).toEqual(before)
    const back = await world.attacher(THEIRS)
    expect(await recovered(back)).toEqual(['resolved one'])
    await ended(world)
  })

  test("a login that another owner's dead process began is that owner's, also when it comes to something", async () => {
    const world = await worldWith()
    await world.portal(PORTAL, 'mute')
    const theirs = await world.attacher(THEIRS)
    void theirs.attach(request('one'), { timeoutMs: 40_000 })
    await world.sleep(1000)
    world.crash()
    await world.portal(PORTAL, 'open')
    await world.sleep(20_000)
    const before = await world.leftovers()
    expect(before.sessions).toHaveLength(1)
    // Even if a recovery takes this record for its own, the login in progress shows whose session it is.
    const [record = ''] = world.host.names(`/etc/iscsi/nodes/${IQN}`)
    const path = `/etc/iscsi/nodes/${IQN}/${record}`
    world.host.put(path, (world.host.text(path) ?? '').replace('# owner theirs', '# owner default'))
    expect(await recovered(await world.attacher())).toEqual(['foreign attachment "one" of owner "theirs"'])
    expect(await world.leftovers()).toEqual(before)
    await recovered(await world.attacher(THEIRS))
    await ended(world)
  })

  test('what an attach makes while the recovery looks for orphans is none: the host is looked at before the claims', async () => {
    const world = await worldWith()
    const beside = await world.attacher()
    const survey = Reflect.get(Claims.prototype, 'survey')
    let looks = 0
    // A recovery reads the claims for attachments first, then for orphans. The second read returns after the concurrent attach has ended.
    vi.spyOn(Claims.prototype, 'survey').mockImplementation(async function (this: Claims) {
      const answer = await survey.call(this)
      looks += 1
      if (looks === 2) await beside.attach(request('one'))
      return answer
    })
    const { actions } = await (await world.attacher()).recover({ dryRun: true })
    vi.restoreAllMocks()
    expect(looks).toBeGreaterThanOrEqual(2)
    expect(actions).toEqual([])
    await beside.detach('one')
    await ended(world)
  })

  test('an orphan that an attach takes up just before it would go is kept', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    const next = await world.attacher()
    const elsewhere = await world.attacher({ owner: 'theirs', stateDir: '/var/lib/theirs' })
    // The recovery is about to open the disk when the other owner attaches.
    const holding = world.host.faults.plant({ on: 'kernel.hold', does: { delayMs: 50 } })
    const recovering = recovered(next)
    await holding.reached
    const attaching = elsewhere.attach(request('two'))
    await recovering
    const { device } = await attaching
    expect(await world.fsType(device)).toBe('ext4')
    expect((await world.leftovers()).disks).toHaveLength(1)
    await elsewhere.detach('two')
    await recovered(next) // the other owner found the session, so it must not log out
    await ended(world)
  })

  test('two recoveries at once take each orphan away once', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    await attacher.attach(request('two', { lun: 2, portals: [SECOND_PORTAL] }))
    loseAll(world)
    const [first, second] = [await world.attacher(), await world.attacher()]
    const lines = (await Promise.all([recovered(first), recovered(second)])).flat()
    expect(lines).toHaveLength(4)
    expect(new Set(lines).size).toBe(4)
    expect(lines.every((line) => line.startsWith('removed '))).toBe(true)
    await ended(world)
  })

  test('recoveries side by side with attaches and detaches of three attachers take nothing from them', async () => {
    const world = await worldWith()
    const attachers = [await world.attacher(), await world.attacher(), await world.attacher(THEIRS)]
    let working = true
    const work = attachers.map(async (attacher, which) => {
      for (let round = 0; round < 12; round++) {
        const lun = 1 + ((round + which) % 2)
        const { device } = await attacher.attach(request(`vol-${which}`, { lun, portals: [PORTALS[round % 2] ?? PORTAL] }))
        expect(await world.fsType(device)).toBe(lun === 1 ? 'ext4' : '')
        await world.sleep(7 * which)
        await attacher.detach(`vol-${which}`)
      }
    })
    const said: RecoveryAction[] = []
    const recovering = attachers.map(async (attacher, which) => {
      while (working) {
        said.push(...(await attacher.recover()).actions)
        await world.sleep(13 + which)
      }
    })
    await Promise.all(work).finally(() => (working = false))
    await Promise.all(recovering)
    expect(said.filter(({ action }) => action !== 'kept')).toEqual([])
    expect(said.length).toBeGreaterThan(10)
    await ended(world)
  })
})

describe('killed at any call of a recovery', () => {
  for (const adopt of [false, true]) {
    test(adopt ? 'that adopts' : 'that takes orphans away', async () => {
      for (let call = 1; ; call++) {
        const world = await worldWith()
        await (await world.attacher()).attach(request('one'))
        loseAll(world)
        const next = await world.attacher()
        const victim = world.host
        victim.crashAt(victim.calls + call, 'after')
        const died = async () => {
          while (victim.alive) await new Promise((resolve) => setImmediate(resolve))
          return false
        }
        if (await Promise.race([next.recover({ adopt }).then(() => true), died()])) {
          expect(call).toBeGreaterThan(20)
          return
        }
        world.crash()
        const last = await world.attacher()
        const { actions } = await last.recover({ adopt })
        expect(
          actions.filter(({ action }) => action === 'left'),
          `call ${call}`,
        ).toEqual([])
        for (const { id } of await last.list()) await last.detach(id)
        await ended(world)
      }
    })
  }
})
