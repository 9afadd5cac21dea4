/** multipathd is slow, restarts during an operation, or does not exist. */
import { type Attacher, isBrickworkError } from '../../lib/index.js'
import { answersInTime, attachOk, detachOk, equal, expectClean, IQN, released, request, truthy } from '../world/expect.js'
import { eventually, multipath, pathsOf, PORTALS, serveFour } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'

export const stoppedUnderEachPolicy: Scenario = {
  name: 'no-multipathd-each-policy',
  title: 'without multipathd: `never` and `prefer` give one path, `require` and more paths than one are refused at once',
  run: async (world, story) => {
    await serveFour(world)
    await world.multipathd('stopped')
    await using attacher = await world.attacher()
    for (const policy of [{ multipath: 'never' }, { multipath: 'prefer' }] as const) {
      const { multipath: map } = await attachOk(story, attacher, multipath('one', policy), `attach, ${policy.multipath}`)
      equal(map, null, `map, ${policy.multipath}`)
      await detachOk(story, attacher, 'one')
      await expectClean(world, `after ${policy.multipath}`)
    }
    await story.tell('attach, require', attacher.attach(multipath('one', { multipath: 'require' })))
    await story.tell('attach, two paths', attacher.attach(multipath('one', { paths: { min: 2 } })))
    await expectClean(world, 'after the refusals')
    await world.multipathd('running')
  },
}

export const slowMultipathd: Scenario = {
  name: 'multipathd-slow',
  title: 'multipathd does nothing for eight seconds: by preference the attach waits for it, and by its deadline it answers',
  timeoutMs: 180_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const goOn = await world.pauseMultipathd()
    const attached = attachOk(story, attacher, multipath('one', { multipath: 'require' }))
    await world.sleep(8000)
    await goOn()
    const { multipath: map } = await attached
    truthy(map !== null, 'a map')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')

    const again = await world.pauseMultipathd()
    const code = await answersInTime(world, 12_000, () =>
      attacher.attach(multipath('one', { multipath: 'require' }), { timeoutMs: 12_000 }).then(
        () => 'attached',
        (error: unknown) => (isBrickworkError(error) ? error.code : String(error)),
      ),
    )
    // Only the code is noted: whether the rollback ended in time depends on the speed of the machine.
    story.note('attach, require', code)
    await again()
    await attacher.close()
    await eventually(world, 'nothing is left', async () =>
      Object.values(await world.leftovers()).every((each: readonly string[]) => each.length === 0),
    )
  },
}

export const attachWhileItStarts: Scenario = {
  name: 'attach-while-multipathd-restarts',
  title: 'multipathd is stopped and started while a map is waited for: the map comes all the same',
  timeoutMs: 180_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const assembling = (async () => {
      for await (const event of attacher.events()) if (event.type === 'step:start' && event.step === 'assemble') return
    })()
    const attached = attachOk(story, attacher, multipath('one', { multipath: 'require' }))
    await assembling
    await world.multipathd('stopped')
    await world.multipathd('running')
    const { multipath: map } = await attached
    truthy(map !== null, 'a map')
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

const STEPS = ['check-paths', 'remove-map', 'delete', 'logout'] as const
export const detachWhileItStarts: Scenario = {
  name: 'detach-while-multipathd-restarts',
  title: `multipathd is stopped and started as the detach comes to ${STEPS.join(', ')}: all is taken away, also a map that was made anew`,
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    for (const step of STEPS) {
      await using attacher = await world.attacher()
      await attachOk(story, attacher, multipath('one'), `attach before ${step}`)
      const reached = (async () => {
        for await (const event of attacher.events()) if (event.type === 'step:start' && event.step === step) return
      })()
      const detached = story.tell(`detach, restart at ${step}`, attacher.detach('one'), released)
      await Promise.race([reached, detached])
      await world.multipathd('stopped')
      await world.multipathd('running')
      await detached
      await expectClean(world, `after the detach with a restart at ${step}`)
    }
  },
}

export const queuedIo: Scenario = {
  name: 'queued-io',
  title: 'all paths down and I/O queued: a detach is refused in time; with onNoPaths fail-io the I/O fails and the volume goes',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveFour(world, { noPathRetry: 'queue' })
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, multipath('one'))
    for (const portal of PORTALS) await world.portal(portal, 'refuse')
    const reading = await world.startReading(device)
    await eventually(world, 'no active path', async () => (await pathsOf(world)) === 0, 120_000)
    await answersInTime(world, 20_000, () => story.tell('detach', attacher.detach('one', { timeoutMs: 20_000 }), released))
    equal((await world.maps()).length, 1, 'maps after the refusal')
    await answersInTime(world, 60_000, () =>
      story.tell(
        'detach, onNoPaths',
        attacher.detach('one', { timeoutMs: 60_000, onNoPaths: 'fail-io' }),
        ({ outcome, dataLossPossible }) => {
          return { outcome, dataLossPossible }
        },
      ),
    )
    story.note('what was read', await reading.ended)
    await expectClean(world, 'after the detach')
  },
}

const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8]
export const eightVolumes: Scenario = {
  name: 'eight-volumes',
  title: 'eight volumes of one target at once over four portals: four sessions, eight maps of four paths, each with its own volume',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await world.multipathd('running')
    for (const lun of EIGHT) await world.volume(`volume-${lun}`)
    await world.target({ iqn: IQN, portals: PORTALS, luns: Object.fromEntries(EIGHT.map((lun) => [lun, `volume-${lun}`])) })
    await using attacher = await world.attacher()
    const ask = (lun: number) => request(`v${lun}`, { portals: PORTALS, lun, policy: { multipath: 'require', paths: { min: 'all' } } })
    const attachments = await Promise.all(EIGHT.map((lun) => attacher.attach(ask(lun), { timeoutMs: 120_000 })))
    story.note(
      'volumes',
      attachments.map(({ id, wwid, paths, degraded }) => ({ id, wwid, paths: paths.length, degraded })),
    )
    equal([(await world.sessions(IQN)).length, await pathsOf(world)], [4, 32], 'sessions and active paths')
    for (const [index, { device }] of attachments.entries()) {
      const text = `volume volume-${index + 1}`
      equal(new TextDecoder().decode(await world.read(device, text.length)), text, `what is on ${device}`)
    }
    const reports = await Promise.all(EIGHT.map((lun) => attacher.detach(`v${lun}`, { timeoutMs: 120_000 })))
    story.note(
      'detached',
      reports.map(({ outcome, remaining: left }) => ({ outcome, left })),
    )
    await expectClean(world, 'after the detaches')
  },
}

export const systemd: Scenario = {
  name: 'systemd',
  title: 'systemd as init: iscsid is started by its socket, multipathd is a service as shipped; a map, and none without the service',
  init: 'systemd',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const { device, multipath: map } = await attachOk(story, attacher, multipath('one'))
    truthy(map !== null, 'a map')
    equal([await world.fsType(device), await pathsOf(world)], ['ext4', 4], 'file system and active paths')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
    await world.multipathd('stopped')
    await story.tell('attach, require', attacher.attach(multipath('one', { multipath: 'require' })))
    await attachOk(story, attacher, multipath('one'), 'attach, prefer')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'without multipathd')
  },
}

export const mapInContainer: Scenario = {
  name: 'multipath-in-container',
  title: 'a map, from a process in its own mount, pid and network namespaces, with the host below /host',
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher({ inContainer: true })
    const { device, multipath: map } = await attachOk(story, attacher, multipath('one'))
    truthy(map !== null, 'a map')
    equal([await world.fsType(device), await pathsOf(world)], ['ext4', 4], 'file system and active paths')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

/** How long an attach waits for a map if nothing excludes one. */
const FORM_MS = 10_000
const RULES = [{ devnode: '^sd' }, { wwid: '^36001405' }] as const
export const blacklisted: Scenario = {
  name: 'blacklisted',
  title:
    'multipath.conf blacklists the devices, or the WWID: one path at once by preference, and an error that says so when a map is required',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    for (const blacklist of RULES) {
      const [what] = Object.keys(blacklist)
      await world.multipathd('running', { blacklist })
      const waited = assembled(attacher)
      const { multipath: map } = await attachOk(story, attacher, multipath('one'), `attach, ${what}`)
      equal(map, null, `the map, ${what}`)
      const ms = await waited
      truthy(ms < FORM_MS, `no map is waited for, ${what}: ${Math.round(ms)} ms`)
      equal((await world.sessions(IQN)).length, 1, `sessions, ${what}`)
      await detachOk(story, attacher, 'one')
      const refused = { message: '' }
      const required = attacher.attach(multipath('one', { multipath: 'require' })).catch((error: unknown) => {
        refused.message = String(error)
        throw error
      })
      await story.tell(`attach, ${what}, require`, required)
      truthy(refused.message.includes('blacklists'), `the configuration is named, ${what}: ${refused.message}`)
      await expectClean(world, `after ${what}`)
    }
  },
}
/** How long the attach waited for the map. */
async function assembled(attacher: Attacher): Promise<number> {
  for await (const event of attacher.events()) if (event.type === 'step:end' && event.step === 'assemble') return event.ms
  return Number.POSITIVE_INFINITY
}
