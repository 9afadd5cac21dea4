/** A target that lies: its data reaches no terminal, no other volume and no later attach. */
import { type Attacher, isBrickworkError } from '../../lib/index.js'
import { equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { multipath, pathsOf, PORTALS, serveFour } from '../world/four.js'
import { designator, naa, page, type Shape, startHostileTarget } from '../world/real/hostile-target/index.js'
import { Portals } from '../world/real/portals.js'
import type { Scenario } from '../play/scenario.js'

const HOSTILE = { iqn: 'iqn.2024-01.org.example:hostile', portal: '10.99.9.1:3260' }
/**
 * For one attach. In a slow guest udev's programs keep an unusual disk open for a long time, and the library waits for them before it
 * removes it.
 */
const TIMEOUT_MS = 120_000
const bytes = (text: string) => Buffer.from(text, 'latin1')
/** Ends a terminal's line, colours it and rings; quotes, and characters with a meaning in a shell or in JSON. */
const NASTY = '\x1b[31m\x07\r\n"\\\' $(x)`;/../\x00'

/** The library may choose the result for each, as long as nothing is damaged. */
const UNITS: readonly (readonly [what: string, shape: Shape])[] = [
  ['an honest one', { page83: page(0x83, naa(1)), page80: page(0x80, bytes('honest')) }],
  ['control characters in vendor, product and serial number', nasty(NASTY.slice(0, 8), NASTY, NASTY)],
  ['quotes in vendor and product', nasty('"v\\"', '\'p" : "x', 'q"uote')],
  ['control characters in a T10 identity', { page83: page(0x83, designator(1, 2, bytes(`VENDOR  ${NASTY}`))) }],
  ['a SCSI name with slashes and dots', { page83: page(0x83, designator(8, 3, bytes('../../../etc/passwd\0'))) }],
  ['an identity page that says it is 65,535 bytes long', { page83: page(0x83, naa(2), 0xffff) }],
  ['a designator that is longer than its page', { page83: page(0x83, designator(3, 1, Buffer.alloc(16, 0x61), 255)) }],
  ['an identity page of empty designators', { page83: page(0x83, Buffer.alloc(4 * 60)) }],
  ['an identity page of 0xff', { page83: page(0x83, Buffer.alloc(252, 0xff)) }],
  ['an identity page with the code of another', { page83: page(0x80, naa(3)), page80: page(0x83, naa(3)) }],
  ['an empty identity page', { page83: page(0x83, Buffer.alloc(0)), page80: page(0x80, Buffer.alloc(0)) }],
  ['no pages', {}],
  ['no blocks', { ...identified(4), blocks: '0' }],
  ['2^63 blocks', { ...identified(5), blocks: '9223372036854775808' }],
  ['2^64 - 1 blocks', { ...identified(6), blocks: '18446744073709551615' }],
  ['blocks of 0 bytes', { ...identified(7), blockBytes: 0 }],
  ['blocks of 3 bytes', { ...identified(8), blockBytes: 3 }],
  ['blocks of 4 GiB', { ...identified(9), blockBytes: 0xffffffff }],
]
function identified(last: number): Shape {
  return { page83: page(0x83, naa(last)) }
}
function nasty(vendor: string, product: string, serial: string): Shape {
  return { vendor, product, page83: page(0x83, naa(10)), page80: page(0x80, bytes(serial)) }
}

export const hostileTarget: Scenario = {
  name: 'hostile-target',
  title: 'a target with absurd pages, sizes and names: an answer or a typed error, nothing left, and a neighbour keeps its paths',
  only: 'real',
  timeoutMs: 1_800_000,
  run: async (world, story) => {
    await serveFour(world)
    await new Portals().addAddress(HOSTILE.portal)
    await using attacher = await world.attacher()
    const neighbour = await attacher.attach(multipath('neighbour'))
    const paths = await pathsOf(world)
    for (const [index, [what, shape]] of UNITS.entries()) {
      // A separate name for each, so that knowledge of one does not affect the next.
      const iqn = `${HOSTILE.iqn}-${index}`
      const target = await startHostileTarget({ ...HOSTILE, iqn, units: { 1: shape } })
      try {
        for (const policy of [{ multipath: 'never' }, { multipath: 'prefer' }] as const) {
          const id = `${policy.multipath} ${index}`
          const asked = request(id, { iqn, portals: [HOSTILE.portal], policy: { ...policy, lun: { waitMs: 2000 } } })
          story.note(`${what}, ${policy.multipath}`, await outcomeOf(attacher, asked))
        }
      } finally {
        await target[Symbol.asyncDispose]()
      }
      equal(await world.sessions(iqn), [], `sessions of ${what}`)
      equal(await pathsOf(world), paths, `paths of the neighbour beside ${what}`)
    }
    equal((await world.read(neighbour.device, 4096)).length, 4096, 'bytes of the neighbour')
    await attacher.detach('neighbour')
    await expectClean(world, 'in the end')
  },
}

/**
 * Returns whether it was attached and detached, or the code of the error.
 * @throws if objects are left, or if output could move a terminal's cursor.
 */
async function outcomeOf(attacher: Attacher, asked: ReturnType<typeof request>): Promise<string> {
  try {
    const attachment = await attacher.attach(asked, { timeoutMs: TIMEOUT_MS })
    requirePrintable(attachment, 'the attachment')
    const report = await attacher.detach(asked.id)
    equal([report.outcome, report.kept, report.remaining], ['released', [], []], 'the detach')
    return 'attached and detached'
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    const { code, message, details, sideEffects } = error
    requirePrintable({ message, details }, 'the error')
    truthy((code as string) !== 'ERR_INTERNAL', `not an internal error: ${message}`)
    truthy(sideEffects === 'none' || sideEffects === 'undone', `side effects of ${code}, ${message}: ${sideEffects}`)
    return error.code
  }
}
function requirePrintable(value: unknown, what: string): void {
  const texts: string[] = []
  JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'string') texts.push(each)
    return each
  })
  const bad = texts.filter((text) => Buffer.from(text).some((byte) => byte < 0x20))
  equal(bad, [], `control characters in ${what}`)
}

const MANY = 256
export const manyLunsOfOneTarget: Scenario = {
  name: 'many-luns-of-a-target',
  title: 'a target shows 256 LUNs: the host gets the one that was asked for, on every path, and none when it has gone',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serveFour(world)
    for (let lun = 2; lun <= MANY; lun++) await world.mapLun(IQN, lun, 'data')
    await using attacher = await world.attacher()
    const asked = request('one', { portals: PORTALS.slice(0, 2), lun: MANY, policy: { multipath: 'require', paths: { min: 2 } } })
    const { paths } = await attacher.attach(asked)
    story.note('paths', paths.length)
    story.note('disks', (await world.disks()).length)
    await attacher.detach('one')
    await expectClean(world, 'after the detach')
  },
}
