/**
 * How many calls of the host's ports an attach and a detach make, and how often they write the claim. Each primitive is one call. The
 * numbers are budgets that only go down: who needs fewer writes the new number here.
 */
import { expect, test } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import { expectClean, IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { NQN, requestOf } from './nvme/world.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)

interface Cost {
  readonly calls: number
  readonly claims: number
}
interface Row {
  readonly paths: number
  readonly policy: NonNullable<AttachRequest['policy']>
  /** The first attach of a process also reads what does not change while the process runs. */
  readonly firstAttach: Cost
  readonly attach: Cost
  readonly detach: Cost
}

const socket = { ready: 'kernel', iscsi: { logins: 'socket' } } as const
const all = { multipath: 'require', paths: { min: 'all' } } as const
const rows: Readonly<Record<string, Row>> = {
  'one path': {
    paths: 1,
    policy: {},
    firstAttach: { calls: 47, claims: 3 },
    attach: { calls: 43, claims: 3 },
    detach: { calls: 55, claims: 5 },
  },
  'one path, ready for the kernel, logins by socket': {
    paths: 1,
    policy: socket,
    firstAttach: { calls: 46, claims: 3 },
    attach: { calls: 42, claims: 3 },
    detach: { calls: 55, claims: 5 },
  },
  'four paths, map by multipathd': {
    paths: 4,
    policy: all,
    firstAttach: { calls: 125, claims: 5 },
    attach: { calls: 102, claims: 4 },
    detach: { calls: 187, claims: 9 },
  },
  'four paths, map by multipathd, ready for the kernel, logins by socket': {
    paths: 4,
    policy: { ...all, ...socket },
    firstAttach: { calls: 124, claims: 5 },
    attach: { calls: 101, claims: 4 },
    detach: { calls: 187, claims: 9 },
  },
  'four paths, map made directly, ready for the kernel, logins by socket': {
    paths: 4,
    policy: { ...all, ...socket, assemble: 'direct' },
    firstAttach: { calls: 117, claims: 6 },
    attach: { calls: 108, claims: 6 },
    detach: { calls: 198, claims: 10 },
  },
}

test.each(Object.entries(rows))('%s', async (_, { paths, policy, ...budgets }) => {
  const world = await createFakeWorld({ multipathd: paths === 1 ? 'absent' : 'running' })
  const portals = PORTALS.slice(0, paths)
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals, luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const attach = (id: string) => costOf(world, () => attacher.attach(request(id, { portals, policy })))
  const firstAttach = await attach('first')
  await attacher.detach('first')
  expect({ firstAttach, attach: await attach('later'), detach: await costOf(world, () => attacher.detach('later')) }).toEqual(budgets)
  await world.close()
  await expectClean(world, 'at the end')
})

/** Over NVMe: from one portal, and from four. */
const nvmeRows: Readonly<Record<string, Row>> = {
  'NVMe, one portal': {
    paths: 1,
    policy: { ready: 'kernel' },
    firstAttach: { calls: 46, claims: 4 },
    attach: { calls: 43, claims: 4 },
    detach: { calls: 34, claims: 3 },
  },
  'NVMe, four portals': {
    paths: 4,
    policy: { ready: 'kernel', paths: { min: 'all' } },
    firstAttach: { calls: 115, claims: 10 },
    attach: { calls: 112, claims: 10 },
    detach: { calls: 49, claims: 3 },
  },
}
test.each(Object.entries(nvmeRows))('%s', async (_, { paths, policy, ...budgets }) => {
  const world = await createFakeWorld({ nvme: '6.1' })
  const portals = [1, 2, 3, 4].slice(0, paths).map((network) => `10.99.${network}.1:4420`)
  await world.volume('data', { content: 'ext4' })
  world.host.storage.nvme.subsystem({ nqn: NQN, portals, namespaces: { 1: 'data' } })
  const attacher = await world.attacher()
  const attach = (id: string) => costOf(world, () => attacher.attach(requestOf(id, { portals, policy })))
  const firstAttach = await attach('first')
  await attacher.detach('first')
  expect({ firstAttach, attach: await attach('later'), detach: await costOf(world, () => attacher.detach('later')) }).toEqual(budgets)
  await world.close()
  expect(world.host.names('/sys/class/nvme')).toEqual([])
})

/** What an operation costs, without work that goes on after its answer. */
async function costOf({ host }: FakeWorld, run: () => Promise<unknown>): Promise<Cost> {
  const [before, { length }] = [host.calls, host.trace]
  await run()
  const calls = host.calls - before
  const claims = host.trace.slice(length).filter(({ call, subject }) => call === 'files.replace' && subject.includes('/claims/'))
  return { calls, claims: claims.length }
}
