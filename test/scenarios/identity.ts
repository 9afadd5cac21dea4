/** The identity of volumes: two that show one WWID, and a LUN that becomes another volume while the host still has the former one. */
import type { Attacher, DetachReport } from '../../lib/index.js'
import { isBrickworkError } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { eventually, multipath, OTHER, OTHER_PORTAL, pathsOf, PORTALS, serveFour } from '../world/four.js'
import type { Scenario, Story } from '../play/scenario.js'
import { type World, WRITTEN_LATER_AT } from '../world/world.js'

/** A blank volume begins with its name. */
const begins = async (world: World, device: string, volume: string) =>
  Buffer.from(await world.read(device, 4096))
    .toString('latin1')
    .startsWith(`volume ${volume}`)

/** Maps and their paths, without names. */
async function pathsInMaps(world: World): Promise<string[]> {
  return (await world.maps()).flatMap(({ paths }) => paths.map(({ device }) => device)).sort()
}

/** An attach that is refused because of `one`, which keeps exactly what it has. */
async function refused(
  world: World,
  story: Story,
  attacher: Attacher,
  asked: Parameters<Attacher['attach']>[0],
  what: string,
): Promise<void> {
  const before = [await world.leftovers(), await pathsInMaps(world)]
  const named = await attacher.attach(asked).then(
    () => 'attached',
    (error: unknown) => {
      if (!isBrickworkError(error)) throw error
      const { attachment } = error.details as { attachment?: unknown }
      return { code: error.code, step: error.step ?? null, sideEffects: error.sideEffects, attachment: attachment ?? null }
    },
  )
  story.note(what, named)
  equal([await world.leftovers(), await pathsInMaps(world)], before, `the host after ${what}`)
}

export const oneWwid: Scenario = {
  name: 'one-wwid-two-volumes',
  title: 'a clone with the same WWID, at another target and at another LUN: refused, and the map of the first gets none of its paths',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveFour(world)
    await world.volume('clone', { cloneOf: 'data' })
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'clone' } })
    await world.mapLun(IQN, 2, 'clone')
    await using attacher = await world.attacher()
    const { device, wwid } = await attachOk(story, attacher, multipath('one', { paths: { min: 'all', graceMs: 6000 } }))
    const paths = await pathsInMaps(world)
    equal(paths.length, 4, 'paths of the map')

    const map = { multipath: 'prefer' } as const
    const elsewhere = request('two', { iqn: OTHER, portals: [OTHER_PORTAL], policy: map, expected: { wwid: wwid ?? '' } })
    await refused(world, story, attacher, elsewhere, 'attach the clone at another target')
    const otherLun = request('two', { lun: 2, portals: PORTALS, policy: map })
    await refused(world, story, attacher, otherLun, 'attach the clone at another LUN of the same target')
    await refused(world, story, attacher, request('two', { lun: 2 }), 'attach it over a single path')
    const { paths: again } = await attachOk(
      story,
      attacher,
      request('three', { portals: PORTALS.slice(2), policy: map }),
      'attach the same volume',
    )
    equal(again.length, 2, 'paths that it has in common')
    equal(await pathsInMaps(world), paths, 'paths of the map in the end')
    equal((await world.read(device, 4096)).length, 4096, 'bytes read')
    await detachOk(story, attacher, 'three')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after both')

    await attachOk(story, attacher, { ...elsewhere, id: 'two' }, 'attach the clone when it is alone')
    await detachOk(story, attacher, 'two')
    await expectClean(world, 'after the detach of the clone')
  },
}

export const intruder: Scenario = {
  name: 'clone-in-the-map',
  title:
    'another program has brought a clone into the map: said when the volume is attached again or grows, and it goes when the clone is attached',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    await world.volume('clone', { cloneOf: 'data' })
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'clone' } })
    await using attacher = await world.attacher()
    const one = multipath('one', { paths: { min: 'all', graceMs: 6000 } })
    await attachOk(story, attacher, one)
    const paths = await pathsInMaps(world)
    await world.foreignLogin(OTHER, OTHER_PORTAL)
    await eventually(world, 'five paths', async () => (await pathsInMaps(world)).length === 5)

    await story.tell('attach again', attacher.attach(one))
    await story.tell('resize', attacher.resize('one'))
    const asked = request('two', { iqn: OTHER, portals: [OTHER_PORTAL], policy: { multipath: 'prefer' } })
    await story.tell('attach the clone', attacher.attach(asked))
    equal(await pathsInMaps(world), paths, 'paths of the map')
    await attachOk(story, attacher, one, 'attach again without it')
    await world.foreignLogout(OTHER, OTHER_PORTAL)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'at the end')
  },
}

/** The array maps the other volume at LUN 1; sessions stay. */
async function repoint(world: World, volume: string): Promise<void> {
  await world.unmapLun(IQN, 1)
  await world.mapLun(IQN, 1, volume)
}

/** The overridden conditions, without the names of devices. */
const overridden = ({ outcome, overridden: passed, dataLossPossible }: DetachReport) => {
  return { outcome, dataLossPossible, overridden: passed.map(({ step, code }) => `${step} ${code}`).sort() }
}
const repointed = (kind: 'map' | 'disk'): Pick<Scenario, 'run' | 'timeoutMs'> => ({
  timeoutMs: 300_000,
  run: async (world, story) => {
    if (kind === 'map') await world.multipathd('running')
    await world.volume('first')
    await world.volume('second')
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'first' } })
    await using attacher = await world.attacher()
    const policy = kind === 'map' ? { multipath: 'require', paths: { min: 'all', graceMs: 6000 } } : { multipath: 'never' }
    const asked = (id: string) => request(id, { portals: kind === 'map' ? PORTALS : PORTALS.slice(0, 1), policy: policy as object })
    const first = await attachOk(story, attacher, asked('one'))
    truthy(await begins(world, first.device, 'first'), 'the first volume is read')

    const writer = await world.writeLater(first.device, 'of the first')
    await repoint(world, 'second')
    if (kind === 'map') await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    const before = await world.leftovers()
    await story.tell('attach another volume there', attacher.attach(asked('two')))
    await story.tell('attach again', attacher.attach(asked('one')))
    await story.tell('resize', attacher.resize('one'))
    equal(await world.leftovers(), before, 'the host after the refusals')
    await story.tell('detach while a program has it open', attacher.detach('one'))
    await story.tell('detach by force', attacher.detach('one', { force: true }), overridden)
    equal((await world.leftovers()).sessions, [], 'sessions after the detach by force')
    await writer.close()
    // device-mapper keeps a map as long as a process has it open. Whether its flush then fails depends on what the kernel has dropped by
    // itself.
    if (kind === 'map') await story.tell('detach when it is closed', attacher.detach('one'), ({ outcome }) => outcome)
    await expectClean(world, 'after the detach')
    equal(await world.content('second', 12, WRITTEN_LATER_AT), new Uint8Array(12), 'what the second volume has where the program wrote')

    const second = await attachOk(story, attacher, asked('two'))
    truthy(await begins(world, second.device, 'second'), 'the second volume is read')
    await detachOk(story, attacher, 'two')
    await expectClean(world, 'at the end')
  },
})
export const repointedDisk: Scenario = {
  ...repointed('disk'),
  name: 'repointed-disk',
  title: 'the LUN of an attached volume (disk) is given to another one: that is never handed out for it, nor written to by a detach',
}
export const repointedMap: Scenario = {
  ...repointed('map'),
  name: 'repointed-map',
  title: 'the LUN of an attached volume (map) is given to another one: that is never handed out for it, nor written to by a detach',
}

export const uidAttribute: Scenario = {
  name: 'uid-attribute',
  title:
    'multipathd knows volumes by another property than their WWID (uid_attribute): the map of our disks is attached, resized and detached',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world, { uidAttribute: 'ID_WWN' })
    await using attacher = await world.attacher()
    const asked = multipath('one', { multipath: 'require', paths: { min: 'all', graceMs: 6000 } })
    const { wwid, multipath: map, device } = await attachOk(story, attacher, asked)
    // udev sets ID_WWN to the first half of an NAA identifier (sg3-utils, 55-scsi-sg3_id.rules).
    equal(map?.uuid, `mpath-0x${(wwid ?? '').slice(1, 17)}`, 'the uuid of the map')
    const again = await attachOk(story, attacher, asked, 'attach again')
    equal(again.device, device, 'the device')
    await world.resizeVolume('data', 128)
    await story.tell('resize', attacher.resize('one'), ({ sizeBytes }) => ({ sizeBytes }))
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}
