/** What years of others' bug reports ask of every attach and detach, and no other story shows by itself. */
import { expect, test, vi } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, PORTAL, request } from '../lab/expect.js'
import { createFakeWorld, type FakeWorld } from '../lab/fake-world.js'
import { PORTALS } from '../lab/four.js'

const [FIRST = ''] = PORTALS

async function serve(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running', ...options })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  return world
}
const overAll = (more: Partial<AttachRequest> = {}) => request('one', { portals: PORTALS, policy: { multipath: 'require' }, ...more })
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
  expect(world.host.clock.sleeping).toBe(0)
}
/** What multipathd was told over its socket. */
function toldMultipathd(world: FakeWorld): () => string[] {
  const exchange = vi.spyOn(world.host.kernel, 'exchange')
  return () => exchange.mock.calls.map(([{ bytes }]) => new TextDecoder().decode(bytes.slice(8)).replace('\0', ''))
}

test('portals are logged in to side by side: four slow ones take as long as one', async () => {
  const timeOf = async (portals: readonly string[]) => {
    const world = await serve()
    world.host.faults.plant({ on: 'commands.run', matching: '--login', times: portals.length, does: { delayMs: 4000 } })
    const attacher = await world.attacher()
    const from = world.now()
    const { paths } = await attacher.attach(
      overAll({ ...request('one', { portals }), policy: { multipath: 'require', paths: { min: 'all' } } }),
    )
    const took = world.now() - from
    expect(paths).toHaveLength(portals.length)
    await attacher.detach('one')
    await ended(world)
    return took
  }
  const one = await timeOf(PORTALS.slice(0, 1))
  expect(one).toBeGreaterThanOrEqual(4000)
  expect(await timeOf(PORTALS)).toBeLessThan(one + 1500)
})

test.each(['drop', 'refuse', 'mute'] as const)('a dead portal (%s) costs no more than the grace', async (state) => {
  const world = await serve()
  await world.portal(FIRST, state)
  const attacher = await world.attacher()
  const from = world.now()
  const { degraded } = await attacher.attach(overAll({ policy: { multipath: 'require', paths: { graceMs: 1000 } } }))
  expect(degraded).toBe(true)
  expect(world.now() - from).toBeLessThan(3000)
  await attacher.detach('one')
  await ended(world)
})

test('an attach and a detach that go well leave no warning, whatever was looked for and not there', async () => {
  for (const policy of [{ multipath: 'require' }, { multipath: 'never' }] as const) {
    const world = await serve()
    const attacher = await world.attacher()
    const asked = policy.multipath === 'never' ? request('one') : overAll()
    await attacher.detach('one')
    await attacher.attach(asked)
    await attacher.detach('one')
    expect(world.host.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
    await ended(world)
  }
})

test('waiting for a LUN is not told at each look, only its end', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const asked = request('one', { lun: 9, policy: { multipath: 'never', lun: { waitMs: 8000 } } })
  await expect(attacher.attach(asked)).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
  expect(world.host.log.lines.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(1)
  await ended(world)
})

test('a single device instead of a map is told to operators', async () => {
  const world = await serve({ multipathBlacklist: ['^sd'] })
  const attacher = await world.attacher()
  await attacher.attach(overAll({ policy: { multipath: 'prefer' } }))
  expect(world.host.log.lines.map(({ message }) => message)).toContain('no multipath map was formed: a single device is used')
  expect(await world.disks()).toHaveLength(1)
  expect(await world.sessions(IQN)).toHaveLength(1)
  await attacher.detach('one')
  await ended(world)
})

test('each scan is of one LUN of one session, and other LUNs of the target stay away', async () => {
  const world = await serve()
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const write = vi.spyOn(world.host.kernel, 'write')
  const attacher = await world.attacher()
  await attacher.attach(overAll())
  const scans = write.mock.calls.map(([asked]) => asked).filter(({ attribute }) => attribute === 'scan')
  expect(scans.map(({ value }) => value)).toEqual(PORTALS.map(() => '0 0 1'))
  expect(new Set(scans.map(({ directory }) => directory)).size).toBe(PORTALS.length)
  expect((await world.leftovers()).disks).toEqual(PORTALS.map(() => `${IQN} 1`))
  await attacher.detach('one')
  await ended(world)
})

test('a LUN above 255 is found and taken away by each addressing mode, as number and as text', async () => {
  for (const [addressing, lun, kernel] of [
    ['SAM', 300, 300],
    ['transparent', '300', 300],
    ['SAM2', '300', 16_684],
    ['SAM3-flat', 1, 16_385],
  ] as const) {
    const world = await serve()
    await world.mapLun(IQN, kernel, 'data')
    await world.unmapLun(IQN, 1)
    const attacher = await world.attacher()
    const connection = { protocol: 'iscsi', addressing, targets: [{ portal: PORTAL, iqn: IQN, lun }] } as const
    await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } })
    expect((await world.leftovers()).disks).toEqual([`${IQN} ${kernel}`])
    await attacher.detach('one')
    await ended(world)
  }
})

test('a detach looks at what is there, not at the policy of today: a map goes as a map', async () => {
  const world = await serve()
  const former = await world.attacher()
  await former.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  await former.close()
  const flush = vi.spyOn(world.host.kernel, 'flush')
  const attacher = await world.attacher()
  const detached = await attacher.detach('one')
  expect(detached).toMatchObject({ outcome: 'released', dataLossPossible: false })
  // The map is flushed; its paths have nothing of their own.
  expect(flush.mock.calls.map(([device]) => device)).toEqual([expect.stringMatching(/^\/dev\/dm-/)])
  await ended(world)
})

test('a path that has just died does not keep a map from being flushed and taken away', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  await world.portal(FIRST, 'refuse')
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', dataLossPossible: false, left: [] })
  await ended(world)
})

test('multipathd is told of this volume and its disks alone: no reload, no reconfigure', async () => {
  const world = await serve()
  const told = toldMultipathd(world)
  const attacher = await world.attacher()
  const { wwid = '', paths, multipath } = await attacher.attach(overAll())
  const disks = paths.map(({ device }) => device.slice('/dev/'.length))
  await attacher.detach('one')
  const ours = [`add map ${wwid}`, `del map ${multipath?.name ?? ''}`, ...disks.flatMap((disk) => [`add path ${disk}`, `del path ${disk}`])]
  expect(told().filter((command) => !command.startsWith('show ') && !ours.includes(command))).toEqual([])
  expect(told()).toContain(`del map ${multipath?.name ?? ''}`)
  expect(world.host.ran.filter(([program]) => program !== 'iscsiadm')).toEqual([])
  await ended(world)
})

test('nothing of the host’s configuration is written', async () => {
  const world = await serve()
  const files = ['/etc/multipath.conf', '/etc/multipath/multipath.conf', '/etc/iscsi/iscsid.conf', '/etc/iscsi/initiatorname.iscsi']
  const read = () => files.map((file) => world.host.text(file))
  const before = read()
  const attacher = await world.attacher()
  await attacher.attach(overAll())
  await attacher.detach('one')
  expect(read()).toEqual(before)
  await ended(world)
})

test('two processes on two volumes of one target: one session a portal, and the last one logs out', async () => {
  const world = await serve()
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const [a, b] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })]
  await Promise.all([
    a.attach(overAll()),
    b.attach(overAll({ ...request('two', { portals: PORTALS, lun: 2 }), policy: { multipath: 'require' } })),
  ])
  expect(await world.sessions(IQN)).toHaveLength(PORTALS.length)
  const again = request('three', { portals: PORTALS, lun: 2 })
  await Promise.all([a.detach('one'), b.attach({ ...again, policy: { multipath: 'require' } })])
  expect(await world.sessions(IQN)).toHaveLength(PORTALS.length)
  await b.detach('three')
  expect((await world.leftovers()).maps).toHaveLength(1)
  await b.detach('two')
  await ended(world)
})

test('a target that is destroyed before the detach leaves no session that is tried for ever, and no record', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(overAll())
  await world.removeTarget(IQN)
  const report = await attacher.detach('one', { timeoutMs: 60_000, force: true })
  expect(report).toMatchObject({ outcome: 'released', left: [] })
  await ended(world)
})

test('a map goes although its journal and its claims are lost, by its connection', async () => {
  const world = await serve()
  const former = await world.attacher()
  const { connection } = overAll()
  await former.attach(overAll())
  await former.close()
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
    for (const name of await world.list(directory)) world.host.take(`${directory}/${name}`)
  const attacher = await world.attacher()
  expect(await attacher.detach({ connection })).toMatchObject({ id: null, outcome: 'released', left: [] })
  await ended(world)
})

test('no answer of an error, event, log or file has a secret of any spelling', async () => {
  for (const secret of ['a b # c = d', '#sixteen-bytes!!', 'ü€"\\\'`$(x)']) {
    const world = await createFakeWorld()
    await world.volume('data')
    const chap = { username: 'someone', secret, target: { username: 'array', secret: `${secret}-of-target` } }
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, chap })
    const attacher = await world.attacher()
    const told: unknown[] = []
    void (async () => {
      for await (const event of attacher.events()) told.push(event)
    })()
    const withSecret = (given: string) => {
      const plain = request('one')
      return { ...plain, connection: { ...plain.connection, auth: { ...chap, secret: given } } } as typeof plain
    }
    const wrong = await attacher.attach(withSecret(`${secret}-wrong`), { timeoutMs: 20_000 }).catch((error: unknown) => error)
    expect(wrong).toMatchObject({ code: 'ERR_AUTHENTICATION' })
    told.push(
      wrong,
      await attacher.attach(withSecret(secret)),
      await attacher.resize('one'),
      await attacher.list(),
      await attacher.inspect('one'),
    )
    for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
      for (const name of await world.list(directory)) told.push(await world.readText(`${directory}/${name}`))
    told.push(world.host.ran, world.host.log.lines, await attacher.detach('one'))
    const all = told.map((each) => `${String(each)} ${JSON.stringify(each)} ${each instanceof Error ? (each.stack ?? '') : ''}`)
    expect(all.filter((text) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))).toEqual([])
    await ended(world)
  }
})

test('a disk of the machine and one that another program brought in are not touched by anything', async () => {
  const world = await serve()
  await world.volume('boot')
  world.host.localDisk('vdb', 'boot')
  await world.volume('theirs')
  await world.mapLun(IQN, 7, 'theirs')
  await world.foreignLogin(IQN, FIRST)
  const before = await world.leftovers()
  expect(before.disks).toContain(`${IQN} 7`)
  const written = vi.spyOn(world.host.kernel, 'write')
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: [FIRST] }))
  await attacher.detach('one')
  expect(await world.leftovers()).toEqual(before)
  expect(world.host.names('/sys/block')).toContain('vdb')
  expect(written).not.toHaveBeenCalled() // neither a scan of what is there, nor a removal
  await attacher.close()
  await world.foreignLogout(IQN, FIRST)
  await ended(world)
})

test('90 volumes of three targets at once all come up, with one login a portal and one scan a volume', { timeout: 60_000 }, async () => {
  const world = await createFakeWorld()
  const targets = [1, 2, 3].map((number) => ({ iqn: `${IQN}.${number}`, portal: `10.99.${number}.1:3260` }))
  const volumes = Array.from({ length: 90 }, (_, index) => ({ id: `v${index}`, lun: Math.floor(index / 3), at: targets[index % 3] }))
  for (const { id } of volumes) await world.volume(id)
  for (const [index, { iqn, portal }] of targets.entries()) {
    const luns = Object.fromEntries(volumes.filter((_, each) => each % 3 === index).map(({ id, lun }) => [lun, id]))
    await world.target({ iqn, portals: [portal], luns })
  }
  const write = vi.spyOn(world.host.kernel, 'write')
  const attacher = await world.attacher()
  const attachments = await Promise.all(
    volumes.map(({ id, lun, at }) =>
      attacher.attach(request(id, { lun, iqn: at?.iqn ?? '', portals: [at?.portal ?? ''] }), { timeoutMs: 600_000 }),
    ),
  )
  expect(new Set(attachments.map(({ wwid }) => wwid)).size).toBe(90)
  expect(world.host.ran.filter((argv) => argv.includes('--login'))).toHaveLength(3)
  expect(write.mock.calls.filter(([{ attribute }]) => attribute === 'scan')).toHaveLength(90)
  await Promise.all(volumes.map(({ id }) => attacher.detach(id, { timeoutMs: 600_000 })))
  await ended(world)
})

test('a volume that shows no identity is attached over one path, and has no map', async () => {
  const world = await serve()
  world.host.storage.volume('nobody', { serial: null })
  await world.mapLun(IQN, 2, 'nobody')
  const attacher = await world.attacher()
  for (const multipath of ['never', 'prefer'] as const) {
    const attachment = await attacher.attach(request('one', { lun: 2, portals: PORTALS, policy: { multipath } }))
    expect(attachment).toMatchObject({ multipath: null })
    expect(attachment.wwid).toBeUndefined()
    expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
    await attacher.detach('one')
  }
  const required = attacher.attach(request('one', { lun: 2, portals: PORTALS, policy: { multipath: 'require' } }))
  await expect(required).rejects.toMatchObject({ code: 'ERR_MULTIPATH_NOT_FORMED', sideEffects: 'undone' })
  await ended(world)
})

test('a portal that serves another target keeps nobody waiting', async () => {
  const world = await serve()
  await world.target({ iqn: `${IQN}.other`, portals: ['10.99.5.1:3260'], luns: {} })
  const attacher = await world.attacher()
  const from = world.now()
  const { degraded } = await attacher.attach(
    overAll({ ...request('one', { portals: [...PORTALS.slice(1), '10.99.5.1:3260'] }), policy: { multipath: 'require' } }),
  )
  expect(degraded).toBe(true)
  expect(world.now() - from).toBeLessThan(4000)
  await attacher.detach('one')
  await ended(world)
})

test('four sessions without the LUN are an error that says so, and leave nothing', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const asked = request('one', { lun: 9, portals: PORTALS, policy: { multipath: 'require', lun: { waitMs: 2000 } } })
  await expect(attacher.attach(asked)).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
  await ended(world)
})

test('a link that cannot be made takes the attach back', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
  await expect(attacher.attach(overAll())).rejects.toMatchObject({ step: 'record', sideEffects: 'undone' })
  await ended(world)
})

test('no link of udev is believed: those that lead elsewhere change nothing', async () => {
  const world = await serve()
  await world.volume('boot')
  world.host.localDisk('vdb', 'boot')
  const attacher = await world.attacher()
  const { wwid = '' } = await attacher.attach(overAll())
  await attacher.detach('one')
  for (const name of [
    `by-id/dm-uuid-mpath-${wwid}`,
    `by-id/scsi-${wwid}`,
    `by-id/wwn-0x${wwid.slice(1)}`,
    `by-path/ip-${PORTAL}-iscsi-${IQN}-lun-1`,
  ])
    world.host.putLink(`/dev/disk/${name}`, '../../vdb')
  const { device, stableLink, multipath } = await attacher.attach(overAll())
  expect(device).toMatch(/^\/dev\/dm-/)
  expect([multipath?.device, world.host.real(stableLink ?? '')]).toEqual([device, device])
  await attacher.detach('one')
  expect(world.host.names('/sys/block')).toContain('vdb')
  await ended(world)
})

test('a disk of another volume with the same WWID gets into no map that is handed out, and stays as it was', async () => {
  const world = await serve({ findMultipaths: 'no' })
  world.host.storage.volume('clone', { serial: world.host.storage.volumeNamed('data').serial ?? '' })
  const other = { iqn: `${IQN}.clone`, portal: '10.99.5.1:3260' }
  await world.target({ iqn: other.iqn, portals: [other.portal], luns: { 1: 'clone' } })
  await world.foreignLogin(other.iqn, other.portal)
  await world.sleep(1000)
  const before = await world.leftovers()
  const attacher = await world.attacher()
  await expect(attacher.attach(overAll())).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT', step: 'assemble' })
  expect(await world.leftovers()).toEqual(before)
  await attacher.close()
  await world.foreignLogout(other.iqn, other.portal)
  await world.tellMultipathd(`del map ${(await world.maps())[0]?.name ?? ''}`)
  await ended(world)
})

test('a detach and an attach of one LUN at once, however they meet, end with the volume attached', { timeout: 30_000 }, async () => {
  for (let offsetMs = 0; offsetMs <= 80; offsetMs += 4) {
    const world = await serve()
    const [a, b] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })]
    await a.attach(request('one'))
    const detached = a.detach('one')
    await world.sleep(offsetMs)
    const [{ device }] = await Promise.all([b.attach(request('two')), detached])
    expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
    expect((await world.read(device, 512)).length, `${offsetMs} ms`).toBe(512)
    await b.detach('two')
    await ended(world)
  }
})

test('what a tool says beside its answer is no failure', async () => {
  const world = await serve()
  const iscsiadm = world.host.programs.get('iscsiadm')
  if (iscsiadm === undefined) throw new Error('no iscsiadm')
  world.host.programs.set('iscsiadm', async (...given) => {
    const answer = await iscsiadm(...given)
    return { ...answer, stderr: `iscsiadm: a warning\n\n${answer.stderr}`, stdout: `a word before it\n${answer.stdout}` }
  })
  const attacher = await world.attacher()
  await attacher.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  await attacher.detach('one')
  await ended(world)
})

test('over one path, a portal without the LUN leaves no session beside the one that has it', async () => {
  const world = await serve()
  const other = { iqn: `${IQN}.empty`, portal: '10.99.5.1:3260', lun: 1 }
  await world.target({ iqn: other.iqn, portals: [other.portal], luns: {} })
  const attacher = await world.attacher()
  const targets = [other, { portal: FIRST, iqn: IQN, lun: 1 }]
  await attacher.attach({ id: 'one', connection: { protocol: 'iscsi', targets }, policy: { multipath: 'never' } })
  expect(await world.leftovers()).toMatchObject({ sessions: [`${IQN} ${FIRST}`], records: [`${IQN} ${FIRST}`] })
  await attacher.detach('one')
  await ended(world)
})

test('an outage of every portal is watched and not repaired: nothing is done by us, and all paths come back', async () => {
  const world = await serve({ noPathRetry: 'queue' })
  const attacher = await world.attacher()
  const { device } = await attacher.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  const { kernel, commands } = world.host
  const [write, exchange, run] = [vi.spyOn(kernel, 'write'), vi.spyOn(kernel, 'exchange'), vi.spyOn(commands, 'run')]
  const told: string[] = []
  void (async () => {
    for await (const { health, active } of attacher.watch()) told.push(`${health} ${active}`)
  })()
  await world.sleep(100)
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(300_000)
  for (const portal of PORTALS) await world.portal(portal, 'open')
  await world.sleep(60_000)
  expect(told.at(-1)).toBe('well 4')
  expect(told.some((line) => line.endsWith(' 0'))).toBe(true)
  expect([write, exchange, run].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0])
  expect((await world.maps())[0]?.paths.filter(({ state }) => state === 'active')).toHaveLength(4)
  expect((await world.read(device, 512)).length).toBe(512)
  await attacher.detach('one')
  await ended(world)
})

test('a portal that refuses the secret is left out, and the others are used', async () => {
  const world = await serve()
  const closed = { iqn: `${IQN}.closed`, portal: '10.99.5.1:3260', lun: 1 }
  const chap = { username: 'someone', secret: 'correct-horse-battery' }
  await world.target({ iqn: closed.iqn, portals: [closed.portal], luns: { 1: 'data' }, chap })
  const failed: unknown[] = []
  const attacher = await world.attacher()
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'note') failed.push(event)
  })()
  const targets = [...PORTALS.map((portal) => ({ portal, iqn: IQN, lun: 1 })), closed]
  const from = world.now()
  const attachment = await attacher.attach({ id: 'one', connection: { protocol: 'iscsi', targets }, policy: { multipath: 'require' } })
  expect(attachment).toMatchObject({ degraded: true, paths: PORTALS.map((portal) => ({ portal })) })
  expect(world.now() - from).toBeLessThan(4000)
  expect(JSON.stringify(failed)).toContain('ERR_AUTHENTICATION')
  expect(await world.sessions(closed.iqn)).toEqual([])
  await attacher.detach('one')
  await ended(world)
})
