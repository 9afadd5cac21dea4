/**
 * Maps that the library creates without multipathd as soon as the kernel has their paths, and that multipathd takes over (`assemble:
 * 'direct'`).
 */
import { rm, writeFile } from 'node:fs/promises'
import type { Attacher, BlockAttachment, AttachRequest } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { eventually, multipath, pathsOf, PORTALS, serveFour } from '../world/four.js'
import { must } from '../world/real/shell.js'
import type { Scenario } from '../play/scenario.js'
import type { MultipathdOptions, World } from '../world/world.js'

const DIRECT = { multipath: 'require', assemble: 'direct', ready: 'kernel', paths: { min: 'all' } } as const
/** A constant of the library: the time that multipathd has to take over a map. */
const ADOPT_MS = 10_000

/** Maps that multipathd did not take over, as reported by the attacher. */
function unadopted(attacher: Attacher): string[] {
  const maps: string[] = []
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'map:unmanaged') maps.push(event.map)
  })()
  return maps
}

export const directMap: Scenario = {
  name: 'direct-map',
  title: 'a map that is made directly, while multipathd does nothing: it works at once, and multipathd takes it over when it goes on',
  timeoutMs: 180_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const strangers = unadopted(attacher)
    const goOn = await world.pauseMultipathd()
    const { device, multipath: map, wwid } = await attachOk(story, attacher, multipath('one', DIRECT))
    equal([map?.name, map?.device], [wwid, device], 'the map has the name of the volume')
    equal(Buffer.from(await world.read(device, BLOCK)), Buffer.from(await world.content('data', BLOCK)), `what is on ${device}`)
    await goOn()
    const listed = async () => new RegExp(`"uuid" ?: "${wwid ?? ''}"`).test(await world.tellMultipathd('show maps json'))
    await eventually(world, 'multipathd lists it', listed)
    // multipathd reloads the map with the paths that it knows, and adds the others when udev announces them.
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    await world.sleep(ADOPT_MS + 2000)
    story.note('not taken over', strangers)
    equal(await world.fsType(device), 'ext4', 'what udev has found on it')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')

    const again = await world.pauseMultipathd()
    await attachOk(story, attacher, multipath('one', DIRECT), 'attach again')
    await world.sleep(ADOPT_MS + 5000)
    story.note('not taken over while it does nothing', strangers.length)
    await again()
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the second detach')
  },
}

const EIGHT = Array.from({ length: 8 }, (_, index) => index + 1)
const PATIENCE = { timeoutMs: 180_000 }
const BLOCK = 4096

interface Case {
  readonly name: string
  /** Whether multipathd is expected to take the maps over. */
  readonly adopts: boolean
  readonly options: (wwids: readonly string[]) => MultipathdOptions
}
type Trouble = 'none' | 'reconfigure' | 'restart'
const TROUBLES: readonly Trouble[] = ['none', 'reconfigure', 'restart']
const wwidsAs = (lines: (wwid: string, index: number) => string) => (wwids: readonly string[]) => wwids.map(lines).join('\n')

const CASES: readonly Case[] = [
  { name: 'as shipped', adopts: true, options: () => ({}) },
  { name: 'user_friendly_names', adopts: true, options: () => ({ userFriendlyNames: true }) },
  ...(['yes', 'no', 'greedy', 'smart'] as const).map((findMultipaths) => ({
    name: `find_multipaths ${findMultipaths}`,
    adopts: true,
    options: () => ({ findMultipaths }),
  })),
  {
    name: 'aliases',
    adopts: true,
    options: (wwids) => ({
      sections: `multipaths {\n${wwidsAs((wwid, index) => `  multipath {\n    wwid ${wwid}\n    alias volume-${index}\n  }`)(wwids)}\n}\n`,
    }),
  },
  { name: 'queueing', adopts: true, options: () => ({ noPathRetry: 'queue' }) },
  { name: 'blacklist by devnode', adopts: false, options: () => ({ sections: 'blacklist {\n  devnode "^sd"\n}\n' }) },
]

/** Writes a different block to each map, and reads it back through each of the map's paths. */
async function writeAndRead(attachments: readonly BlockAttachment[], round: string): Promise<void> {
  for (const { id, device } of attachments) {
    const text = Buffer.alloc(BLOCK, `${round} ${id} `)
    await writeFile('/run/lab-direct', text)
    await must(['dd', 'if=/run/lab-direct', `of=${device}`, `bs=${BLOCK}`, 'seek=1', 'oflag=direct', 'conv=notrunc', 'status=none'])
    const read = await must(['dd', `if=${device}`, `bs=${BLOCK}`, 'skip=1', 'count=1', 'iflag=direct', 'status=none'])
    equal(read === text.toString('latin1'), true, `${round}: what was written to ${device} is there`)
  }
}

const ask = (lun: number): AttachRequest => request(`v${lun}`, { portals: PORTALS, lun, policy: DIRECT })

async function oneRound(world: World, attacher: Attacher, what: string, trouble: Trouble, options: MultipathdOptions): Promise<void> {
  const attaching = EIGHT.map((lun) => attacher.attach(ask(lun), PATIENCE))
  const meanwhile = trouble === 'none' ? Promise.resolve('') : world.tellMultipathd('reconfigure')
  const attachments = await Promise.all(attaching)
  await meanwhile
  await eventually(world, `${what}: 32 active paths`, async () => (await pathsOf(world)) === 32)
  equal(new Set(attachments.map(({ device }) => device)).size, 8, `${what}: maps`)
  await writeAndRead(attachments, what)
  if (trouble === 'restart') {
    await world.multipathd('stopped')
    await world.multipathd('running', options)
  }
  await world.sleep(ADOPT_MS + 3000)
  await writeAndRead(attachments, `${what}, later`)
  for (const { outcome } of await Promise.all(EIGHT.map((lun) => attacher.detach(`v${lun}`, PATIENCE)))) equal(outcome, 'released', what)
  await expectClean(world, `after ${what}`)
}

export const directSoak: Scenario = {
  name: 'direct-soak',
  title:
    'eight maps made directly again and again: aliases, friendly names, blacklists, each find_multipaths, multipathd reconfigured and restarted in the middle',
  only: 'real',
  long: true,
  timeoutMs: 2_400_000,
  run: async (world, story) => {
    await world.multipathd('running')
    for (const lun of EIGHT) await world.volume(`volume-${lun}`)
    await world.target({ iqn: IQN, portals: PORTALS, luns: Object.fromEntries(EIGHT.map((lun) => [lun, `volume-${lun}`])) })
    await using attacher = await world.attacher()
    const strangers = unadopted(attacher)
    const wwids = (await Promise.all(EIGHT.map((lun) => attacher.attach(ask(lun), PATIENCE)))).map(({ wwid = '' }) => wwid)
    for (const lun of EIGHT) await attacher.detach(`v${lun}`, PATIENCE)
    // A volume with a blacklisted WWID has no map. With `prefer` it is attached as a disk.
    await world.multipathd('stopped')
    await world.multipathd('running', { sections: `blacklist {\n${wwidsAs((wwid) => `  wwid "${wwid}"`)(wwids)}\n}\n` })
    await rm('/etc/multipath/wwids', { force: true })
    const blacklisted = await attacher.attach({ ...ask(1), policy: { ...DIRECT, multipath: 'prefer', paths: { min: 1 } } }, PATIENCE)
    story.note('blacklisted', { map: blacklisted.multipath, paths: blacklisted.paths.length })
    equal(blacklisted.multipath, null, 'no map of what is blacklisted')
    await attacher.detach('v1', PATIENCE)
    for (const { name, adopts, options } of CASES) {
      await world.multipathd('stopped')
      await world.multipathd('running', options(wwids))
      strangers.splice(0)
      for (const trouble of TROUBLES)
        if (adopts || trouble === 'none') await oneRound(world, attacher, `${name}, ${trouble}`, trouble, options(wwids))
      story.note(name, { notTakenOver: strangers.length })
      truthy(adopts ? strangers.length === 0 : strangers.length === 8, `${name}: not taken over: ${strangers.join(', ')}`)
    }
  },
}
