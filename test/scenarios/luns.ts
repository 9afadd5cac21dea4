import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request } from '../world/expect.js'
import type { Scenario } from '../play/scenario.js'

export { hostileTarget, manyLunsOfOneTarget } from './hostile.js'

type Addressing = 'SAM' | 'transparent' | 'SAM2' | 'SAM3-flat'
const at = (id: string, lun: number | string, addressing?: Addressing) => {
  const targets = [{ portal: PORTAL, iqn: IQN, lun }]
  const more = addressing === undefined ? {} : { addressing }
  return { ...request(id), connection: { protocol: 'iscsi' as const, targets, ...more } }
}
/** LUN 300 in flat space addressing. */
const FLAT_300 = 16684

export const largeLuns: Scenario = {
  name: 'large-luns',
  title: 'LUNs above 255 and above 16,383, in each way of addressing: each is the volume that it should be',
  run: async (world, story) => {
    for (const name of ['plain', 'flat', 'large', 'small']) await world.volume(name)
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 7: 'small', 300: 'plain', [FLAT_300]: 'flat', 16_500: 'large' } })
    await using attacher = await world.attacher()
    const cases = [
      ['small', at('a', 7, 'SAM2')],
      ['plain', at('b', 300)],
      ['plain', at('c', '300', 'transparent')],
      ['plain', at('d', '0x012C000000000000', 'SAM2')],
      ['flat', at('e', 300, 'SAM2')],
      ['flat', at('f', 300, 'SAM3-flat')],
      ['flat', at('g', FLAT_300)],
      ['flat', at('h', '0x412c000000000000')],
      ['large', at('i', 16_500)],
      ['large', at('j', 116, 'SAM3-flat')],
    ] as const
    for (const [name, asked] of cases) {
      const { device, paths } = await attachOk(story, attacher, asked)
      const read = Buffer.from(await world.read(device, 64)).toString('latin1')
      equal(read.slice(0, `volume ${name}`.length), `volume ${name}`, `what is on ${asked.id}`)
      story.note(`Linux's number of ${asked.id}`, paths[0]?.hctl?.split(':')[3])
    }
    equal((await world.disks()).length, 4, 'disks')
    equal((await attacher.attach(at('d', '0x012c000000000000', 'SAM2'))).reused, true, 'the same eight bytes in other letters')
    for (const [, { id }] of cases) await detachOk(story, attacher, id)
    await story.tell('a number that is not there', attacher.attach({ ...at('k', 301), policy: { multipath: 'never', lun: { waitMs: 0 } } }))
    await story.tell('a number without room', attacher.attach(at('l', 16_384, 'SAM2')))
    await expectClean(world, 'in the end')
  },
}
