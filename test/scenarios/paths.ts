/** Faulty paths: whatever is wrong with one, the volume comes up over the others, and the map contains no faulty path. */
import { type Attacher, fromCinder, toCinderDeviceInfo } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, IQN, truthy } from '../world/expect.js'
import { eventually, FIRST, multipath, OTHER, OTHER_PORTAL, pathsOf, PORTALS, serveFour, withOther } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const threePathsDead = (state: 'drop' | 'refuse' | 'mute'): Scenario => ({
  name: `three-of-four-${state}`,
  title: `three portals of four (${state}): the volume comes up on the fourth, and it is said that there is only one`,
  run: async (world, story) => {
    await serveFour(world)
    for (const portal of PORTALS.slice(1)) await world.portal(portal, state)
    await using attacher = await world.attacher()
    const notes: string[] = []
    void (async () => {
      for await (const event of attacher.events()) if (event.type === 'note') notes.push(event.message)
    })()
    const { degraded, multipath: map } = await attachOk(story, attacher, multipath('one'))
    truthy(degraded && map !== null, 'a map, degraded')
    equal(await pathsOf(world), 1, 'active paths')
    const [health] = await firstOf(attacher)
    equal(health, 'one-path', 'what watch() tells first')
    truthy(notes.includes('the volume runs on one path'), `the event says that it runs on one path: ${notes.join(', ')}`)
    await detachOk(story, attacher, 'one')
    await attacher.close()
    await expectClean(world, 'after the detach')
  },
})
export const threeDrop = threePathsDead('drop')
export const threeRefuse = threePathsDead('refuse')
export const threeMute = threePathsDead('mute')

async function firstOf(attacher: Attacher): Promise<string[]> {
  for await (const { health } of attacher.watch({ timeoutMs: 10_000 })) return [health]
  return []
}

export const lunMissing: Scenario = {
  name: 'lun-missing-on-one-path',
  title: 'one way of four has no such LUN: three paths, and the fourth joins when the LUN is mapped',
  run: async (world, story) => {
    await serveFour(world)
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: {} })
    await using attacher = await world.attacher()
    const { degraded } = await attachOk(story, attacher, withOther('one'))
    truthy(degraded, 'degraded')
    equal(await pathsOf(world), 3, 'active paths')
    await world.mapLun(OTHER, 1, 'data')
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

/** Another program logs in at the first portal, and the host finds the disk. */
async function foreignDisk(world: World): Promise<string> {
  await world.foreignLogin(IQN, FIRST)
  await eventually(world, 'a disk', async () => (await world.disks()).length > 0)
  return (await world.disks())[0] ?? ''
}

export const staleDisk: Scenario = {
  name: 'stale-disk',
  title: 'at one portal the host still has a disk of the volume that was at this LUN before: replaced when nobody uses it, else left out',
  timeoutMs: 180_000,
  run: async (world, story) => {
    await serveFour(world)
    await world.unmapLun(IQN, 1)
    await world.volume('former')
    await world.mapLun(IQN, 1, 'former')
    await foreignDisk(world)
    await world.unmapLun(IQN, 1)
    await world.mapLun(IQN, 1, 'data')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'), 'attach over the stale disk')
    equal(await pathsOf(world), 4, 'active paths')
    await detachOk(story, attacher, 'one')
    story.note('left', await world.leftovers())
    await world.foreignLogout(IQN, FIRST)
    await expectClean(world, 'after the first detach')

    await world.unmapLun(IQN, 1)
    await world.mapLun(IQN, 1, 'former')
    const stale = await foreignDisk(world)
    const user = await world.openRaw(`/dev/${stale}`)
    await world.unmapLun(IQN, 1)
    await world.mapLun(IQN, 1, 'data')
    const { wwid } = await attachOk(story, attacher, multipath('one'), 'attach beside a stale disk that is in use')
    equal(await pathsOf(world), 3, 'active paths')
    const [map] = await world.maps()
    truthy(map?.uuid === `mpath-${wwid ?? ''}` && map.paths.every(({ device }) => device !== stale), 'the stale disk is in no map of ours')
    await user.close()
    await detachOk(story, attacher, 'one')
    await world.foreignLogout(IQN, FIRST)
    await expectClean(world, 'after the second detach')
  },
}

export const unprovenPath: Scenario = {
  name: 'unproven-path',
  title: 'a disk that was there before and does not say what it is: kept out of the map, taken in when it has been proven',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    const old = await foreignDisk(world)
    await world.portal(FIRST, 'drop')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'))
    const inMap = async () => (await world.maps()).flatMap(({ paths }) => paths).some(({ device }) => device === old)
    truthy(!(await inMap()), 'the old disk is in no map')
    equal(await pathsOf(world), 3, 'active paths')
    await world.portal(FIRST, 'open')
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4, 90_000)
    truthy(await inMap(), 'the old disk is a path')
    await detachOk(story, attacher, 'one')
    story.note('left', await world.leftovers())
    await world.foreignLogout(IQN, FIRST)
    await expectClean(world, 'at the end')
  },
}

export const readOnlyPath: Scenario = {
  name: 'read-only-path',
  title: 'one way of four is write-protected: the map is made of the others, and can be written to; alone it gives a map that cannot',
  timeoutMs: 180_000,
  run: async (world, story) => {
    await serveFour(world)
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'data' }, readOnly: true })
    await using attacher = await world.attacher()
    const { readOnly } = await attachOk(story, attacher, withOther('one'))
    equal([readOnly, await pathsOf(world)], [false, 3], 'read-only, and active paths')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the first detach')
    const targets = [{ portal: OTHER_PORTAL, iqn: OTHER, lun: 1 }]
    const alone = await attachOk(
      story,
      attacher,
      { ...withOther('one'), connection: { protocol: 'iscsi', targets } },
      'attach the protected way',
    )
    equal([alone.readOnly, alone.multipath !== null], [true, true], 'read-only, and a map')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the second detach')
  },
}

export const cinderLists: Scenario = {
  name: 'cinder-lists',
  title: 'what Cinder hands out, with lists of portals, names and LUNs and mutual CHAP: one name over several portals, and a name a portal',
  timeoutMs: 180_000,
  run: async (world, story) => {
    const chap = { username: 'someone', secret: 'correct-horse-battery', target: { username: 'array', secret: 'secret-of-the-array' } }
    await world.multipathd('running')
    await world.volume('data', { content: 'ext4' })
    await world.target({ iqn: IQN, portals: PORTALS.slice(0, 2), luns: { 1: 'data' }, chap })
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 7: 'data' }, chap })
    await using attacher = await world.attacher()
    const auth = { auth_method: 'CHAP', auth_username: chap.username, auth_password: chap.secret }
    const portals = PORTALS.slice(0, 2)
    const forms = {
      'one name over two portals': { target_portals: portals, target_iqns: [IQN, IQN], target_luns: [1, 1] },
      'a name a portal': { target_portals: [FIRST, OTHER_PORTAL], target_iqns: [IQN, OTHER], target_luns: [1, 7] },
    }
    for (const [form, lists] of Object.entries(forms)) {
      const single = { target_portal: FIRST, target_iqn: IQN, target_lun: 1 }
      const connection = fromCinder({ driver_volume_type: 'iscsi', data: { ...single, ...lists, ...auth } })
      // Cinder has no fields for the target's own secret.
      const asked = { ...multipath('one'), connection: { ...connection, auth: chap } as typeof connection }
      const attachment = await attachOk(story, attacher, asked, `attach, ${form}`)
      const { type, path, scsi_wwn, multipath_id } = toCinderDeviceInfo(attachment)
      equal([type, path], ['block', attachment.device], `device info, ${form}`)
      equal([scsi_wwn, multipath_id], [attachment.wwid, attachment.wwid], `identities, ${form}`)
      equal(await pathsOf(world), 2, `active paths, ${form}`)
      await detachOk(story, attacher, 'one')
      await expectClean(world, `after ${form}`)
    }
  },
}

export const unclaimedPath: Scenario = {
  name: 'unclaimed-path',
  title: 'a disk of ours that multipathd does not have in the map goes with the others',
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'))
    const [disk = ''] = await world.disks()
    await world.tellMultipathd(`del path ${disk}`)
    await eventually(world, 'three active paths', async () => (await pathsOf(world)) === 3)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}
