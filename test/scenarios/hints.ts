/** Output of tools, daemons and portals is only a hint: sysfs, /proc and the disk itself decide. */
import { isBrickworkError } from '../../lib/index.js'
import type { Scenario } from '../play/scenario.js'
import {
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
import { databaseRoot, eventually, multipath, serveFour } from '../world/four.js'
import type { World } from '../world/world.js'

const NOWHERE = '10.99.9.9:3260'
const OTHER_ROOT: Readonly<Record<string, string>> = { '/etc/iscsi': '/var/lib/iscsi', '/var/lib/iscsi': '/etc/iscsi' }

async function serveAtSecond(world: World): Promise<void> {
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [SECOND_PORTAL], luns: { 1: 'data' } })
}

export const twoDatabaseRoots: Scenario = {
  name: 'two-database-roots',
  title: 'a second open-iscsi database beside that of the host, with a record in it: not used, not touched',
  run: async (world, story) => {
    await serveOne(world)
    const root = OTHER_ROOT[await databaseRoot(world)] ?? ''
    const record = `${root}/nodes/iqn.2024-01.org.example:second/192.0.2.1,3260,1/default`
    const text = '# BEGIN RECORD 2.0-873\nnode.name = iqn.2024-01.org.example:second\n# END RECORD\n'
    await world.writeText(record, text)
    await world.writeText(`${root}/ifaces/second`, '# BEGIN RECORD 2.0-873\niface.iscsi_ifacename = second\n# END RECORD\n')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    equal(await world.list(`${root}/nodes/${IQN}`), [], 'records in the second database')
    await attacher.recover()
    await detachOk(story, attacher, 'one')
    equal((await world.readText(record))?.trimEnd(), text.trimEnd(), 'the record of the second database')
    await world.remove(`${root}/nodes`)
    await world.remove(`${root}/ifaces/second`)
    await expectClean(world, 'after the detach')
  },
}

export const loginRedirect: Scenario = {
  name: 'login-redirect',
  title:
    'a login that is redirected: the session is found by the portal that was asked for; an address that cannot be reached ends in time',
  run: async (world, story) => {
    await serveAtSecond(world)
    await world.redirectLogins(PORTAL, SECOND_PORTAL)
    {
      await using attacher = await world.attacher()
      await attachOk(story, attacher, request('one'))
      const { sessions } = await attacher.enumerate()
      const seen = sessions.map(({ portal, connections }) => ({ portal, connections: connections.map((each) => each.portal ?? null) }))
      story.note('sessions', seen)
      equal(seen, [{ portal: PORTAL, connections: [SECOND_PORTAL] }], 'the session')
      await attachOk(story, attacher, request('two'))
      equal((await world.sessions(IQN)).length, 1, 'sessions of two attachments')
      await attacher.recover()
      await detachOk(story, attacher, 'two')
      equal((await world.sessions(IQN)).length, 1, 'sessions of one attachment')
      await detachOk(story, attacher, 'one')
      await expectClean(world, 'after the detach')
    }
  },
}

export const loginRedirectNowhere: Scenario = {
  name: 'login-redirect-nowhere',
  title: 'a login that is redirected to an address that cannot be reached: unreachable within its time, no session and no record left',
  run: async (world, story) => {
    await serveAtSecond(world)
    await world.portal(NOWHERE, 'drop')
    await world.redirectLogins(PORTAL, NOWHERE)
    await using attacher = await world.attacher()
    await answersInTime(world, 20_000, () => story.tell('attach', attacher.attach(request('one'), { timeoutMs: 20_000 })))
    await attacher.close()
    await expectClean(world, 'after the failure')
  },
}

const codeOf = (error: unknown) => (isBrickworkError(error) ? error.code : String(error))

export const swallowedFrames: Scenario = {
  name: 'swallowed-frames',
  title: 'large packets of a portal get lost: login and identity work, no read does; undone by the deadline, and the read is named',
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    await world.largePackets(PORTAL, 'lost')
    await using attacher = await world.attacher()
    const failure: { message?: string } = {}
    const attach = attacher.attach(request('one'), { timeoutMs: 30_000 }).catch((error: unknown) => {
      failure.message = String(error)
      throw error
    })
    // When the call returns, the removal of the disk may still wait for the read. `close` waits for it.
    const outcome = await answersInTime(world, 30_000, () => attach.then(() => 'attached', codeOf))
    story.note('attach', outcome)
    truthy(/did not answer a read of 4096 bytes/.test(failure.message ?? ''), `the read is named: ${failure.message ?? ''}`)
    await world.largePackets(PORTAL, 'pass')
    await attacher.close()
    await expectClean(world, 'after the failure')
  },
}

/** The deadline of an attach while multipathd keeps changing the map. */
const NAMED_MS = 60_000
const AT_REST_MS = 180_000
export const aliasWithSpace: Scenario = {
  name: 'alias-with-space',
  title:
    'a map whose alias has a space: attached, resized and removed; where multipathd takes it for two, the attach ends in time, and a plain alias heals it',
  only: 'real', // the version of multipath-tools decides the outcome
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const first = await attachOk(story, attacher, multipath('one'))
    await detachOk(story, attacher, 'one')
    await world.multipathd('running', { aliases: { [first.wwid ?? '']: 'my vol' }, noPathRetry: 'queue' })
    const outcome = await answersInTime(world, NAMED_MS, () =>
      attacher.attach(multipath('one'), { timeoutMs: NAMED_MS }).then(({ multipath: map }) => map?.name, codeOf),
    )
    story.note('attach as "my vol"', outcome)
    if (outcome === 'my\\x20vol') {
      await world.resizeVolume('data', 128)
      await story.tell('resize', attacher.resize('one'), ({ sizeBytes }) => ({ sizeBytes }))
      await detachOk(story, attacher, 'one')
      await expectClean(world, 'after the detach')
      return
    }
    // multipathd 0.9 and 0.11 know their own map by `my vol` and by `my\x20vol`, and move the paths between these two names again and
    // again.
    equal(outcome, 'ERR_TIMEOUT', 'the attach as "my vol"')
    await world.multipathd('running')
    await eventually(world, 'nothing is left', async () => {
      await attacher.recover()
      return Object.values(await world.leftovers()).every((each: readonly string[]) => each.length === 0)
    })
    // udevd must have processed all the changes.
    await eventually(world, 'udevd at rest', async () => !(await world.list('/run/udev')).includes('queue'), AT_REST_MS)
    await attachOk(story, attacher, multipath('one'), 'attach under a plain name')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'in the end')
  },
}
