/**
 * The report of a detach in which a step fails, without and with `force`. Each row names what os-brick's disconnect_volume does, and the
 * reason where Brickwork differs. `ignore_errors` has no counterpart: the report lists what could not be done, and the caller decides.
 */
import { describe, expect, test } from 'vitest'
import { type Attacher, type DetachReport, isBrickworkError } from '../../lib/index.js'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { asMap, ended, serve } from './field.js'

interface Said {
  /** The outcome in the report, or the code of the error. */
  readonly says: string
  readonly step?: string
  readonly overridden?: readonly string[]
  /** Kinds of the objects that remain. */
  readonly left?: readonly string[]
  /** Numbers of maps, disks, sessions and records on the host afterwards. */
  readonly host?: readonly [maps: number, disks: number, sessions: number, records: number]
}
interface Row {
  readonly step: string
  /** os-brick's behaviour, without and with force. */
  readonly osBrick: readonly [string, string]
  readonly differs?: string
  readonly over: 'map' | 'disk'
  /** Creates the failure. Returns a function that ends it. */
  readonly fails: (world: FakeWorld, device: string) => unknown
  readonly plain: Said
  readonly forced: Said
}
const released = (...overridden: string[]): Said => ({ says: 'released', overridden })
const refused = (says: string, step: string): Said => ({ says, step })
const incomplete = (step: string, kind: string, host: Said['host'], ...overridden: string[]): Said => {
  return { says: 'ERR_DETACH_INCOMPLETE', step, left: [kind], overridden, ...(host === undefined ? {} : { host }) }
}
const failing = (on: 'kernel.flush' | 'kernel.write' | 'kernel.changeRecord', matching = '') => {
  return ({ host }: FakeWorld) => void host.faults.plant({ on, matching, times: 1, does: { fail: 'EIO' } })
}
const hanging = (on: 'kernel.flush' | 'kernel.write', matching = '') => {
  return ({ host }: FakeWorld) => {
    const stuck = host.faults.plant({ on, matching, times: 1, does: { hang: 'before' } })
    return () => stuck.release()
  }
}
const opened = ({ host }: FakeWorld, device: string) => host.users.open(device).close
const mounted = ({ host }: FakeWorld, device: string) => {
  const mount = host.users.mount(device)
  return () => mount.unmount()
}
const noPath = async (world: FakeWorld) => {
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(120_000)
}
const repointed = async (world: FakeWorld) => {
  await world.volume('other')
  await world.mapLun(IQN, 1, 'other')
}

const rows: readonly Row[] = [
  {
    step: 'the flush of the map fails',
    osBrick: ['raised at once, nothing removed', 'recorded, goes on'],
    over: 'map',
    fails: failing('kernel.flush'),
    plain: refused('ERR_KERNEL', 'flush'),
    forced: released('flush ERR_KERNEL'),
  },
  {
    step: 'the flush of the map does not end',
    osBrick: ['raised after three times 300 s', 'recorded, goes on'],
    over: 'map',
    fails: hanging('kernel.flush'),
    plain: refused('ERR_TIMEOUT', 'flush'),
    forced: released('flush ERR_TIMEOUT'),
  },
  {
    step: 'the map has no live path',
    osBrick: ['as a flush that fails', 'as a flush that fails'],
    differs: 'said at once and by a code of its own; the map is not even opened, since that could hang',
    over: 'map',
    fails: noPath,
    plain: refused('ERR_TARGET_UNREACHABLE', 'check-paths'),
    forced: released('check-paths ERR_TARGET_UNREACHABLE', 'flush ERR_KERNEL'),
  },
  {
    step: 'a program has the map open',
    osBrick: ['raised, nothing removed', 'recorded, the paths go, the map is left'],
    differs: 'what is left is an error with the report, and the next detach takes it away',
    over: 'map',
    fails: opened,
    plain: refused('ERR_HELD', 'check-users'),
    forced: incomplete('remove-map', 'map', [1, 0, 0, 0], 'check-users ERR_HELD'),
  },
  {
    step: 'the map is mounted',
    osBrick: ['raised, nothing removed', 'recorded, the paths go from under the file system'],
    differs: 'force does not override mounts: they can be unmounted',
    over: 'map',
    fails: mounted,
    plain: refused('ERR_HELD', 'check-users'),
    forced: refused('ERR_HELD', 'check-users'),
  },
  {
    step: 'the flush of the disk fails',
    osBrick: ['raised before the disk is deleted', 'recorded, deleted all the same'],
    over: 'disk',
    fails: failing('kernel.flush'),
    plain: refused('ERR_KERNEL', 'flush'),
    forced: released('flush ERR_KERNEL'),
  },
  {
    step: 'a program has the disk open',
    osBrick: ['deleted, nobody is asked', 'the same'],
    differs: 'nothing is taken from somebody who uses it, unless the caller says so',
    over: 'disk',
    fails: opened,
    plain: refused('ERR_HELD', 'check-users'),
    forced: released('check-users ERR_HELD'),
  },
  {
    step: 'the disk is mounted',
    osBrick: ['deleted, nobody is asked', 'the same'],
    differs: 'as a map that is mounted',
    over: 'disk',
    fails: mounted,
    plain: refused('ERR_HELD', 'check-users'),
    forced: refused('ERR_HELD', 'check-users'),
  },
  {
    step: 'the LUN was given to another volume, disk',
    osBrick: ['flushed into that volume', 'the same'],
    differs: 'nothing is written to the other volume; the disk goes, with and without force',
    over: 'disk',
    fails: repointed,
    plain: released('verify ERR_IDENTITY_MISMATCH'),
    forced: released('verify ERR_IDENTITY_MISMATCH'),
  },
  {
    step: 'the LUN was given to another volume, map',
    osBrick: ['flushed into that volume', 'the same'],
    differs: 'nothing is written to the other volume; the map goes, with and without force',
    over: 'map',
    fails: repointed,
    plain: released(...PORTALS.map(() => 'verify ERR_IDENTITY_MISMATCH')),
    forced: released(...PORTALS.map(() => 'verify ERR_IDENTITY_MISMATCH')),
  },
  {
    step: 'the delete of the disk fails',
    osBrick: ['raised', 'recorded, next; the logout takes the disk with it'],
    differs: 'a session that still carries a disk is not ended, by force neither',
    over: 'disk',
    fails: failing('kernel.write', 'delete'),
    plain: incomplete('delete', 'disk', [0, 1, 1, 1]),
    forced: incomplete('delete', 'disk', [0, 1, 1, 1]),
  },
  {
    step: 'the delete of one path fails',
    osBrick: ['raised, the other paths untouched', 'recorded, next'],
    differs: 'once the map is gone all paths go that can, without force too: nobody can use them any more',
    over: 'map',
    fails: failing('kernel.write', 'delete'),
    plain: incomplete('delete', 'disk', [0, 1, 1, 1]),
    forced: incomplete('delete', 'disk', [0, 1, 1, 1]),
  },
  {
    step: 'a disk is still there when the time is up',
    osBrick: ['raised after 30 s', 'recorded after 30 s'],
    differs: 'the time is the caller’s; what is left is said in both cases',
    over: 'map',
    fails: hanging('kernel.write', 'delete'),
    plain: incomplete('delete', 'disk', [0, 1, 4, 4]),
    forced: incomplete('delete', 'disk', [0, 1, 4, 4]),
  },
  {
    step: 'multipathd does not answer, and may still list the disks',
    osBrick: ['never an error', 'never an error'],
    over: 'map',
    fails: ({ host }) => host.multipathd.pause(),
    plain: released(),
    forced: released(),
  },
  {
    step: 'a logout fails',
    osBrick: ['raised, the other portals untouched', 'recorded, next portal'],
    differs: 'the volume is gone by then: all other portals are logged out, without force too',
    over: 'map',
    fails: ({ host }) => {
      host.faults.plant({
        on: 'commands.run',
        matching: '--logout',
        times: 1,
        does: { answer: { exitCode: 10, stdout: '', stderr: 'no' } },
      })
    },
    plain: incomplete('logout', 'session', [0, 0, 1, 1]),
    forced: incomplete('logout', 'session', [0, 0, 1, 1]),
  },
  {
    step: 'a record cannot be deleted',
    osBrick: ['raised, the other portals untouched', 'recorded, next portal'],
    differs: 'as a logout that fails',
    over: 'map',
    fails: failing('kernel.changeRecord'),
    plain: incomplete('delete-record', 'record', [0, 0, 0, 1]),
    forced: incomplete('delete-record', 'record', [0, 0, 0, 1]),
  },
  {
    step: 'the target is gone',
    osBrick: ['as a flush that fails', 'as a flush that fails; the logout is recorded'],
    over: 'map',
    fails: async (world) => {
      await world.removeTarget(IQN)
      await world.sleep(120_000)
    },
    plain: refused('ERR_TARGET_UNREACHABLE', 'check-paths'),
    forced: released('check-paths ERR_TARGET_UNREACHABLE', 'flush ERR_KERNEL'),
  },
]

async function saidBy(attacher: Attacher, force: boolean): Promise<Said> {
  const told = ({ overridden, remaining: left }: Pick<DetachReport, 'overridden' | 'remaining'>) => ({
    overridden: overridden.map(({ step, code }) => `${step} ${code}`),
    ...(left.length === 0 ? {} : { left: left.map(({ what }) => what.split(' ')[0] ?? '') }),
  })
  try {
    const report = await attacher.detach('one', { force, timeoutMs: 20_000 })
    expect(report.dataLossPossible).toBe(report.overridden.length > 0)
    return { says: report.outcome, ...told(report) }
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    const { report } = error.details as { report?: DetachReport }
    expect(error.sideEffects).toBe(report === undefined ? 'none' : 'left')
    return { says: error.code, ...(error.step === undefined ? {} : { step: error.step }), ...(report === undefined ? {} : told(report)) }
  }
}
/** The state of the attachment in the claims: whether a recovery would continue the detach. */
async function claimed(world: FakeWorld): Promise<unknown[]> {
  const names = await world.list(`${world.runDir}/claims`)
  const claims = await Promise.all(
    names.map(async (name) => JSON.parse((await world.readText(`${world.runDir}/claims/${name}`)) ?? '{}') as object),
  )
  return claims.map((claim) => (claim as { state?: unknown }).state)
}

for (const { step, over, fails, plain, forced } of rows)
  describe(step, () => {
    for (const force of [false, true]) {
      const wanted = force ? forced : plain
      test(`${force ? 'by force' : 'without force'}: ${wanted.says}`, async () => {
        const world = await serve()
        const attacher = await world.attacher()
        const { device, stableLink } = await attacher.attach(over === 'map' ? asMap() : request('one'))
        const cause = await fails(world, device)
        const before = await world.leftovers()
        const { host, ...said } = wanted
        expect(await saidBy(attacher, force)).toEqual(said)
        const { maps, disks, sessions, records } = await world.leftovers()
        if (host !== undefined) expect([maps, disks, sessions, records].map(({ length }) => length)).toEqual(host)
        if (wanted.says === 'released') expect(await claimed(world)).toEqual([])
        else if (wanted.left !== undefined) expect(await claimed(world)).toEqual(['detaching'])
        else {
          expect(await world.leftovers()).toEqual(before)
          expect(await claimed(world)).toEqual(['attached'])
          expect(world.host.real(stableLink ?? '')).toBe(device)
        }
        if (typeof cause === 'function') await (cause as () => unknown)()
        const unreachable = wanted.says === 'ERR_TARGET_UNREACHABLE'
        expect(await attacher.detach('one', { force: unreachable })).toMatchObject({
          outcome: wanted.says === 'released' ? 'already-released' : 'released',
          remaining: [],
        })
        await ended(world)
      })
    }
  })

test('there is nothing to take away: said, and no error, with and without force', async () => {
  const world = await createFakeWorld()
  const attacher = await world.attacher()
  for (const force of [false, true]) {
    const report = await attacher.detach('one', { force })
    expect(report).toMatchObject({ outcome: 'already-released', overridden: [], dataLossPossible: false, kept: [], remaining: [] })
  }
  await ended(world)
})
