/** A LUN may show something other than a volume. */
import { equal, expectClean, request, truthy } from '../world/expect.js'
import { naa, page, type Shape, startHostileTarget } from '../world/real/hostile-target/index.js'
import { Portals } from '../world/real/portals.js'
import type { Scenario } from '../play/scenario.js'

const IQN = 'iqn.2024-01.org.example:placeholders'
const PORTAL = '10.99.9.1:3260'
const asked = (lun: number, waitMs: number) =>
  request('one', { iqn: IQN, portals: [PORTAL], lun, policy: { multipath: 'never', lun: { waitMs } } })

const volume: Shape = { page83: page(0x83, naa(1)) }
const KINDS: readonly (readonly [lun: number, what: string, shape: Shape])[] = [
  [0, 'a RAID controller', { type: 0x0c }],
  [1, 'an enclosure', { type: 0x0d }],
  [2, 'a well-known logical unit', { type: 0x1e }],
  [3, 'a logical unit that is not connected', { type: 0x20 }],
  [4, 'a placeholder of 0 bytes', { blocks: '0' }],
]

export const placeholder: Scenario = {
  name: 'placeholder',
  title: 'controllers and placeholders are no volumes: the error says what is there; what becomes a volume in time is attached',
  only: 'real',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await new Portals().addAddress(PORTAL)
    await using attacher = await world.attacher()
    for (const [lun, what, shape] of KINDS) {
      const units = Object.fromEntries(KINDS.map(([each, , of]) => [each, of]))
      await using target = await startHostileTarget({ iqn: IQN, portal: PORTAL, units })
      const message = await attacher.attach(asked(lun, 3000), { timeoutMs: 60_000 }).then(
        () => 'attached',
        (error: unknown) => (error as Error).message,
      )
      truthy(message.includes(`is ${what}, not a volume`), `what is said of ${what}: ${message}`)
      await expectClean(world, `after ${what}`)

      const attaching = attacher.attach(asked(lun, 30_000), { timeoutMs: 90_000 })
      await world.sleep(3000)
      target.become(lun, volume)
      const { device, sizeBytes, wwid } = await attaching
      story.note(`${what} that becomes a volume`, { sizeBytes, wwid })
      equal((await world.read(device, 4096)).length, 4096, `bytes of what was ${what}`)
      await attacher.detach('one')
      await expectClean(world, `after what was ${what} (${JSON.stringify(shape)})`)
    }
  },
}
