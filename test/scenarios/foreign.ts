/** Objects of other programs: their own maps, and disks in sessions that Brickwork created. */
import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, truthy } from '../world/expect.js'
import { deviceOfMap, foreignMap } from '../world/foreign.js'
import { eventually } from '../world/four.js'
import { killDuring } from '../play/kill.js'
import type { Scenario } from '../play/scenario.js'

const THIRD_PORTAL = '10.99.3.1:3260'
const PORTALS = [PORTAL, SECOND_PORTAL]
const GRACE_MS = 6000
/** By then the login has been requested, but iscsid has not received the request. */
const DEATH = { operation: 'attach', step: 'login', nth: 1, afterMs: 3000 } as const

export const foreignMapInUse: Scenario = {
  name: 'foreign-map',
  title: "another program's map that a process has open stays as it was, through an attach, a failed attach and a detach",
  run: async (world, story) => {
    await world.multipathd('running', { noPathRetry: 'queue' })
    await world.volume('data', { content: 'ext4' })
    await world.target({ iqn: IQN, portals: [...PORTALS, THIRD_PORTAL], luns: { 1: 'data' } })
    const { name } = await foreignMap(world, IQN, PORTALS)
    const device = await deviceOfMap(world, name)
    const sessions = await world.sessions(IQN)
    const before = await world.maps()
    const opener = await world.openRaw(device)
    await using attacher = await world.attacher()
    const over = (portals: readonly string[], more: object = {}) =>
      request('one', { portals, policy: { multipath: 'require', paths: { min: 'all', graceMs: GRACE_MS } }, ...more })
    await attachOk(story, attacher, over(PORTALS), 'attach over its paths')
    await detachOk(story, attacher, 'one')
    equal(await world.maps(), before, 'its map after the detach')
    await story.tell('attach another volume', attacher.attach(over(PORTALS, { expected: { serial: 'another' } })))
    equal(await world.maps(), before, 'its map after the failed attach')
    await attachOk(story, attacher, over([...PORTALS, THIRD_PORTAL]), 'attach over one more path')
    await detachOk(story, attacher, 'one')
    await eventually(world, 'its map without our path', async () => (await world.maps())[0]?.paths.length === PORTALS.length)
    equal(await world.maps(), before, 'its map after our path has left')
    await attacher.recover()
    equal([await world.maps(), await world.sessions(IQN)], [before, sessions], 'its map and its sessions after a recovery')
    equal((await world.read(device, 512)).length, 512, 'what it reads')
    await opener.close()
    await eventually(world, 'its map gone', async () => {
      await world.tellMultipathd(`del map ${name}`)
      return (await world.maps()).length === 0
    })
    for (const portal of PORTALS) await world.foreignLogout(IQN, portal)
    await expectClean(world, 'after the other program left')
  },
}

export const foreignSessionDisk: Scenario = {
  name: 'foreign-session-disk',
  title: 'a session whose login outlived its process is kept as long as another program has a disk in it mounted',
  run: async (world, story) => {
    for (const name of ['data', 'theirs']) await world.volume(name, { content: 'ext4' })
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'theirs' } })
    const dying = await world.agent()
    // Now it has negotiated with iscsid, so its next request is the login.
    await dying.attacher.attach(request('before'))
    await dying.attacher.detach('before')
    await world.daemon('iscsid', 'frozen')
    const { reached, claim } = await killDuring(world, dying, DEATH, 'one', (attacher) => attacher.attach(request('one')))
    story.note('the process died', { reached, claim })
    equal(await world.sessions(IQN), [], 'sessions while iscsid is frozen')
    await world.daemon('iscsid', 'thawed')
    await eventually(world, 'the session', async () => (await world.sessions(IQN)).length === 1)
    await world.sleep(2000)
    const sessions = await world.sessions(IQN)
    const disk = await world.foreignScan(IQN, PORTAL, 2)
    const mount = await world.mount(`/dev/${disk}`)
    await using attacher = await world.attacher()
    const { actions } = await attacher.recover()
    story.note(
      'recovery',
      actions.filter(({ id }) => id === 'one').map(({ action }) => action),
    )
    equal(await world.sessions(IQN), sessions, 'the session')
    truthy((await world.disks()).includes(disk), 'the disk of the other program')
    equal((await world.read(`/dev/${disk}`, 512)).length, 512, 'what it reads')
    await mount.unmount()
    await attacher.recover()
    await expectClean(world, 'after a recovery without the other program')
  },
}
