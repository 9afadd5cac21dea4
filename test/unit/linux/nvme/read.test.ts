import { describe, expect, test, vi } from 'vitest'

import type { Tree } from '../../../../lib/core/tree.js'
import { isEnding, isLive } from '../../../../lib/linux/nvme/controller.js'
import { parseNamespaceName } from '../../../../lib/linux/nvme/namespace.js'
import { readController, readControllers, readSubsystem } from '../../../../lib/linux/nvme/read.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { forever } from '../machine.js'
import { controller, head, HOST_ID, HOST_NQN, ids, NQN, path, subsystem, twoPaths, UUID } from './machine.js'

describe('a subsystem', () => {
  test('has its controllers, heads and paths, whatever their numbers', async () => {
    const host = new FakeHost()
    twoPaths(host)
    const { subsystems, controllers, unidentified } = await readSubsystem(host, NQN, forever)
    expect(subsystems).toMatchObject([
      { name: 'nvme-subsys7', nqn: NQN, model: 'Linux', serial: 'abc', ioPolicy: 'numa', controllers: ['nvme2', 'nvme5'] },
    ])
    expect(subsystems[0]?.heads).toMatchObject([
      { name: 'nvme7n3', device: '259:0', sizeBytes: 1_048_576, logicalBlockSize: 4096, diskseq: '7', character: '239:0', nsid: 1 },
    ])
    expect(controllers.map(({ name, state }) => [name, state])).toEqual([
      ['nvme2', 'live'],
      ['nvme5', 'connecting'],
    ])
    expect(controllers[0]).toMatchObject({
      instance: 2,
      transport: 'tcp',
      nqn: NQN,
      address: { traddr: '192.0.2.3', trsvcid: 4420 },
      kind: 'io',
      cntlid: 3,
      hostNqn: HOST_NQN,
      hostId: HOST_ID,
      device: '240:2',
    })
    expect(controllers.flatMap((each) => each.namespaces)).toMatchObject([
      { name: 'nvme7c2n3', head: 'nvme7n3', hidden: true, anaState: 'optimized', wwid: `uuid.${UUID}`, block: undefined },
      { name: 'nvme7c5n3', head: 'nvme7n3', hidden: true, anaState: 'inaccessible', sizeBytes: 1_048_576 },
    ])
    expect(unidentified).toEqual([])
  })
  test('is found by exactly its NQN, and the others are not entered', async () => {
    const host = new FakeHost()
    twoPaths(host)
    controller(host, 'nvme9', { subsysnqn: `${NQN}-2` })
    subsystem(host, 'nvme-subsys9', ['nvme9'], { subsysnqn: `${NQN}-2` })
    const reads = vi.spyOn(host.kernel, 'readTree')
    const other = await readSubsystem(host, `${NQN}-2`, forever)
    expect(other.controllers.map(({ name }) => name)).toEqual(['nvme9'])
    expect(other.subsystems.map(({ name }) => name)).toEqual(['nvme-subsys9'])
    const tree = (await reads.mock.results[0]?.value) as Tree
    expect(tree.children().map((each) => each.children().map(({ name }) => name))).toEqual([['nvme9'], ['nvme-subsys9']])
    expect(await readSubsystem(host, 'nqn.2014-08.org.example:on', forever)).toEqual({ subsystems: [], controllers: [], unidentified: [] })
  })
  test('has no head while no path of the namespace was accessible', async () => {
    const host = new FakeHost()
    path(host, controller(host, 'nvme0'), 'nvme0c0n1', { ana_state: 'inaccessible' })
    subsystem(host, 'nvme-subsys0', ['nvme0'])
    const { subsystems, controllers } = await readSubsystem(host, NQN, forever)
    expect(subsystems[0]?.heads).toEqual([])
    expect(controllers[0]?.namespaces.map(({ head: name }) => name)).toEqual(['nvme0n1'])
  })
  test('shows a namespace without a head below its controller', async () => {
    const host = new FakeHost()
    const directory = controller(host, 'nvme4')
    head(host, directory, 'nvme4n1', { ana_state: undefined })
    subsystem(host, 'nvme-subsys4', ['nvme4'])
    const { subsystems, controllers } = await readSubsystem(host, NQN, forever)
    expect(subsystems[0]?.heads).toEqual([])
    expect(controllers[0]?.namespaces).toMatchObject([
      { name: 'nvme4n1', head: 'nvme4n1', hidden: false, anaState: undefined, block: { device: '259:0', logicalBlockSize: 4096 } },
    ])
  })
  test('has no head that is being removed', async () => {
    const host = new FakeHost()
    head(host, subsystem(host, 'nvme-subsys0', []), 'nvme0n1', { dev: undefined })
    expect((await readSubsystem(host, NQN, forever)).subsystems[0]?.heads).toEqual([])
  })
})

describe('a controller', () => {
  test.each(['(efault)', '(null)', ''])('that the kernel has not identified (%j) may belong to any subsystem', async (subsysnqn) => {
    const host = new FakeHost()
    twoPaths(host)
    controller(host, 'nvme0', { subsysnqn, state: 'connecting' })
    const { controllers, unidentified } = await readSubsystem(host, NQN, forever)
    expect(controllers.map(({ name }) => name)).toEqual(['nvme2', 'nvme5'])
    expect(unidentified.map(({ name, nqn, hostNqn }) => [name, nqn, hostNqn])).toEqual([['nvme0', undefined, HOST_NQN]])
  })
  test.each([
    ['io', NQN, 'io'],
    ['discovery', NQN, 'discovery'],
    ['admin', NQN, 'other'],
    ['reserved', NQN, 'io'],
    [undefined, NQN, 'io'],
    [undefined, 'nqn.2014-08.org.nvmexpress.discovery', 'discovery'],
  ])('of type %s of %s is of kind %s', async (cntrltype, subsysnqn, kind) => {
    const host = new FakeHost()
    controller(host, 'nvme0', { cntrltype, subsysnqn })
    expect((await readControllers(host, forever)).map((each) => each.kind)).toEqual([kind])
  })
  test.each([
    ['live', true, false],
    ['connecting', false, false],
    ['resetting', false, false],
    ['new', false, false],
    ['deleting', false, true],
    ['deleting (no IO)', false, true],
    ['dead', false, true],
    ['frozen', false, false],
  ])('in state %s: live %s, ending %s', async (state, live, ending) => {
    const host = new FakeHost()
    controller(host, 'nvme0', { state })
    const [only] = await readControllers(host, forever)
    expect(only && [only.state, isLive(only), isEnding(only)]).toEqual([state === 'frozen' ? 'unknown' : state, live, ending])
  })
  test('without host names is not of any host that we know', async () => {
    const host = new FakeHost()
    controller(host, 'nvme0', { hostnqn: undefined, hostid: undefined })
    expect(await readController(host, 'nvme0', forever)).toMatchObject({ hostNqn: undefined, hostId: undefined })
  })
  test('is read alone by its name', async () => {
    const host = new FakeHost()
    twoPaths(host)
    expect((await readController(host, 'nvme5', forever))?.name).toBe('nvme5')
    expect(await readController(host, 'nvme50', forever)).toBeUndefined()
  })
  test('comes in the order of the numbers', async () => {
    const host = new FakeHost()
    for (const name of ['nvme10', 'nvme9', 'nvme100']) controller(host, name)
    expect((await readControllers(host, forever)).map(({ instance }) => instance)).toEqual([9, 10, 100])
  })
  test('on PCI has no parts in its address', async () => {
    const host = new FakeHost()
    controller(host, 'nvme0', { transport: 'pcie', address: '0000:00:03.0', hostnqn: undefined, hostid: undefined })
    expect(await readController(host, 'nvme0', forever)).toMatchObject({ transport: 'pcie', address: { traddr: undefined } })
  })
})

describe('the identifiers of a namespace', () => {
  const nguid = 'a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf'
  const bare = nguid.replaceAll('-', '')
  const seen = async (files: Parameters<typeof path>[3]) => {
    const host = new FakeHost()
    path(host, controller(host, 'nvme0'), 'nvme0c0n1', { wwid: undefined, uuid: undefined, nsid: '1', ...files })
    const [only] = (await readSubsystem(host, NQN, forever)).controllers.flatMap(({ namespaces }) => namespaces)
    return only && [only.wwid, only.uuid, only.nguid, only.eui64, only.nsid]
  }
  test('are compared without separators', async () => {
    expect(await seen({ ...ids(UUID.toUpperCase()), nguid, eui: '00 25 38 b1 01 02 03 04' })).toEqual([
      `uuid.${UUID}`,
      UUID.replaceAll('-', ''),
      bare,
      '002538b101020304',
      1,
    ])
  })
  test('do not take an NGUID for a UUID, which the kernel shows where there is none', async () => {
    expect(await seen({ wwid: `eui.${bare}`, uuid: nguid, nguid })).toEqual([`eui.${bare}`, undefined, bare, undefined, 1])
  })
  test('keep a UUID that equals the NGUID', async () => {
    expect(await seen({ wwid: `uuid.${nguid}`, uuid: nguid, nguid })).toEqual([`uuid.${nguid}`, bare, bare, undefined, 1])
  })
  test('are missing where they are zero, cut off, or no digits', async () => {
    expect(await seen({ uuid: '00000000-0000-0000-0000-000000000000', nguid: 'a0a1', eui: 'zz 25 38 b1 01 02 03 04', nsid: 'x' })).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

test.each([
  ['nvme0n1', { subsystem: 0, path: undefined, namespace: 1, head: 'nvme0n1' }],
  ['nvme12c3n45', { subsystem: 12, path: 3, namespace: 45, head: 'nvme12n45' }],
  ['nvme0', undefined],
  ['ng0n1', undefined],
  ['nvme0n1p1', undefined],
  ['hwmon3', undefined],
  ['nvme0c1', undefined],
  ['xnvme0n1', undefined],
])('the name %s', (name, parts) => {
  expect(parseNamespaceName(name)).toEqual(parts)
})
