import { isBrickworkError } from '../../lib/index.js'
import {
  abortAt,
  answersInTime,
  attachOk,
  detachOk,
  equal,
  expectClean,
  IQN,
  PORTAL,
  request,
  SECOND_PORTAL,
  serveOne,
  truthy,
} from '../world/expect.js'
import type { Scenario } from '../play/scenario.js'

export { reservation } from './reservation.js'

export const wrongTarget: Scenario = {
  name: 'wrong-iqn',
  title: 'a target that the portal does not serve',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const asked = request('one', { iqn: `${IQN}.unknown` })
    await answersInTime(world, 10_000, () => story.tell('attach', attacher.attach(asked, { timeoutMs: 10_000 })))
    await expectClean(world, 'after the failure')
  },
}

export const missingLun: Scenario = {
  name: 'missing-lun',
  title: 'a LUN that is not there: answered in time, nothing left',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await answersInTime(world, 6000, () => story.tell('attach', attacher.attach(request('one', { lun: 9 }), { timeoutMs: 6000 })))
    await expectClean(world, 'after the failure')
    const impatient = request('one', { lun: 9, policy: { multipath: 'never', lun: { waitMs: 0 } } })
    await story.tell('attach without waiting for the LUN', attacher.attach(impatient))
    await expectClean(world, 'after the second failure')
  },
}

export const lateLun: Scenario = {
  name: 'late-lun',
  title: 'a LUN that is mapped three seconds later is attached',
  run: async (world, story) => {
    await serveOne(world)
    await world.volume('late')
    await using attacher = await world.attacher()
    const attached = attacher.attach(request('one', { lun: 2 }), { timeoutMs: 30_000 })
    await world.sleep(3000)
    await world.mapLun(IQN, 2, 'late')
    const there = await story.tell('attach', attached, ({ reused, paths }) => ({ reused, paths: paths.length }))
    truthy(there !== undefined, 'the LUN is attached')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

const deadPortal = (state: 'refuse' | 'drop' | 'mute', title: string): Scenario => ({
  name: `portal-${state}`,
  title,
  run: async (world, story) => {
    await serveOne(world)
    await world.portal(PORTAL, state)
    await using attacher = await world.attacher()
    await answersInTime(world, 8000, () => story.tell('attach', attacher.attach(request('one'), { timeoutMs: 8000 })))
    await attacher.close()
    await expectClean(world, 'after the failure')
    await world.portal(PORTAL, 'open')
    await using again = await world.attacher()
    await attachOk(story, again, request('one'), 'attach when the portal is back')
    await detachOk(story, again, 'one')
    await expectClean(world, 'after the detach')
  },
})
export const portalRefuses = deadPortal('refuse', 'a portal that refuses connections')
export const portalDrops = deadPortal('drop', 'a portal that drops every packet')
export const portalMute = deadPortal('mute', 'a portal that accepts connections and never answers')

export const portalLate: Scenario = {
  name: 'portal-late',
  title: 'a portal that begins to answer after we gave up: no session twenty seconds later',
  run: async (world, story) => {
    await serveOne(world)
    await world.portal(PORTAL, 'mute')
    const attacher = await world.attacher()
    const controller = new AbortController()
    const attached = story.tell('attach', attacher.attach(request('one'), { timeoutMs: 30_000, signal: controller.signal }))
    await world.sleep(2000)
    controller.abort()
    await attached
    await world.portal(PORTAL, 'open')
    await world.sleep(20_000)
    equal(await world.sessions(IQN), [], 'sessions twenty seconds later')
    await attacher.close()
    await expectClean(world, 'after close')
  },
}

export const chap: Scenario = {
  name: 'chap',
  title: 'the right CHAP secret attaches, a wrong one is an authentication error; neither is seen anywhere',
  run: async (world, story) => {
    const secret = 'correct-horse-battery'
    const wrong = 'incorrect-horse-battery'
    await serveOne(world, { chap: { username: 'someone', secret } })
    await using attacher = await world.attacher()
    const withSecret = (given: string) => {
      const plain = request('one')
      return { ...plain, connection: { ...plain.connection, auth: { username: 'someone', secret: given } } } as typeof plain
    }
    await story.tell('attach with a wrong secret', attacher.attach(withSecret(wrong), { timeoutMs: 20_000 }))
    await expectClean(world, 'after the refusal')
    await attachOk(story, attacher, withSecret(secret))
    const journal = await world.list(`${world.stateDir}/attachments`)
    for (const name of journal)
      truthy(!((await world.readText(`${world.stateDir}/attachments/${name}`)) ?? '').includes(secret), 'the journal has no secret')
    await detachOk(story, attacher, 'one')
    const seen = (await world.commandLines()).filter((line) => line.includes('horse'))
    equal(seen, [], 'command lines with a secret')
    await expectClean(world, 'after the detach')
  },
}

export const chapRefresh: Scenario = {
  name: 'chap-refresh',
  title: 'refused credentials: the caller is asked once for fresh ones, which are tried once; the journal has none of them',
  run: async (world, story) => {
    const [old, fresh] = ['secret-of-yesterday', 'secret-of-today-4711']
    await world.volume('data')
    const portals = [PORTAL, SECOND_PORTAL]
    await world.target({ iqn: IQN, portals, luns: { 1: 'data' }, chap: { username: 'someone', secret: fresh } })
    await world.multipathd('running')
    await using attacher = await world.attacher()
    const plain = request('one', { portals, policy: { paths: { min: 'all', graceMs: 10_000 } } })
    const asked = { ...plain, connection: { ...plain.connection, auth: { username: 'someone', secret: old } } } as typeof plain
    const logins = async () => (await world.commandLines()).filter((line) => /^iscsiadm .*--login/.test(line)).length
    const attempt = async (what: string, secret: string) => {
      let times = 0
      const refreshSecrets = () => {
        times += 1
        return Promise.resolve({ username: 'someone', secret })
      }
      const before = await logins()
      await story.tell(what, attacher.attach(asked, { timeoutMs: 40_000, refreshSecrets }), ({ paths }) => paths.length)
      equal(times, 1, `${what}: how often the caller was asked`)
      truthy((await logins()) - before <= 2 * portals.length, `${what}: one more try at each portal at most`)
    }
    await attempt('attach with another wrong secret', 'secret-of-tomorrow')
    await expectClean(world, 'after the refusal')
    await attempt('attach with the fresh secret', fresh)
    for (const name of await world.list(`${world.stateDir}/attachments`)) {
      const text = (await world.readText(`${world.stateDir}/attachments/${name}`)) ?? ''
      truthy(!text.includes('secret-of'), 'the journal has no secret')
    }
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const mutualChap: Scenario = {
  name: 'chap-mutual',
  title: 'the target must show that it knows its own secret, when the connection names one',
  run: async (world, story) => {
    const target = { username: 'array', secret: 'secret-of-the-array' }
    await serveOne(world, { chap: { username: 'someone', secret: 'correct-horse-battery', target } })
    await using attacher = await world.attacher()
    const asking = (given: typeof target) => {
      const plain = request('one')
      const auth = { username: 'someone', secret: 'correct-horse-battery', target: given }
      return { ...plain, connection: { ...plain.connection, auth } } as typeof plain
    }
    const impostor = attacher.attach(asking({ ...target, secret: 'another-array-secret' }), { timeoutMs: 20_000 })
    await story.tell('attach to an impostor', impostor)
    await expectClean(world, 'after the refusal')
    await attachOk(story, attacher, asking(target))
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

const STEPS = ['admit', 'journal', 'probe', 'login', 'scan', 'find', 'verify', 'wait-ready', 'commit']
export const aborts: Scenario = {
  name: 'abort-each-step',
  title: 'the caller ends the attach at each step: nothing is left, and the next attach works',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveOne(world)
    for (const step of STEPS) {
      const attacher = await world.attacher()
      const signal = abortAt(attacher, step)
      const outcome = await attacher.attach(request('one'), { signal }).then(
        () => 'ok',
        (error: unknown) => (isBrickworkError(error) ? error.code : error),
      )
      truthy(signal.aborted, `the timeline names ${step}`)
      // The last step is beyond the point of no return: the answer may already be on its way.
      truthy(outcome === 'ERR_ABORTED' || (step === 'commit' && outcome === 'ok'), `abort at ${step}: ${String(outcome)}`)
      if (outcome === 'ok') await attacher.detach('one')
      await attacher.close()
      await expectClean(world, `after an abort at ${step}`)
      equal(await world.list(`${world.stateDir}/attachments`), [], `journal after an abort at ${step}`)
    }
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const halfRemovedDisk: Scenario = {
  name: 'half-removed-disk',
  title: 'the disk is being removed by somebody while its portal is silent: the detach waits for it, and leaves neither disk nor session',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const attachment = await attacher.attach(request('one'))
    const hctl = attachment.paths[0]?.hctl ?? ''
    await world.portal(PORTAL, 'drop')
    const deletion = await world.startDeleting(hctl)
    // After this time the kernel has removed everything of the disk but its directory, and waits for an answer to its last flush.
    await world.sleep(1000)
    story.note('what the disk still has', (await world.list(`/sys/bus/scsi/devices/${hctl}`)).includes('state'))
    for (const time of ['first', 'second'])
      await answersInTime(world, 4000, () => story.tell(`detach, the ${time} time`, attacher.detach('one', { timeoutMs: 4000 })))
    await world.portal(PORTAL, 'open')
    await deletion.ended
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const targetGone: Scenario = {
  name: 'target-gone',
  title: 'the target is gone when the volume is detached: answered in time, and clean',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    await world.removeTarget(IQN)
    await answersInTime(world, 30_000, () =>
      story.tell('detach', attacher.detach('one', { timeoutMs: 30_000, force: true }), ({ outcome }) => outcome),
    )
    await expectClean(world, 'after the detach')
  },
}
