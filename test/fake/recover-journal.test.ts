/** A journal that is lost, full or read-only: no object on the host is lost with it. */
import { describe, expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'
import { ended, loseAll, PORTALS, recovered, short, worldWith } from './recovered.js'

const AS_MAP = { portals: PORTALS, policy: { multipath: 'require' } } as const

describe('a lost journal', () => {
  test('is written again from the claims', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    world.crash()
    world.host.take(world.stateDir)
    const next = await world.attacher()
    expect(await next.list()).toEqual([])
    const { actions } = await next.recover()
    expect(actions).toMatchObject([{ id: 'one', action: 'kept', reason: expect.stringContaining('journal entry') as string }])
    expect(await next.list()).toMatchObject([{ id: 'one', state: 'attached', present: true }])
    const again = await next.recover()
    expect(again.actions).toMatchObject([{ id: 'one', action: 'kept', reason: 'it is attached, and its device is there' }])
    await next.detach('one')
    await ended(world)
  })

  test('is written again although its directory goes while the attacher lives', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    world.host.take(world.stateDir)
    expect(await recovered(attacher)).toEqual(['kept one'])
    expect(await attacher.list()).toHaveLength(1)
    await attacher.detach('one')
    await ended(world)
  })

  test('and claims and links are made again from the journal', async () => {
    const world = await worldWith()
    const { stableLink, device } = await (await world.attacher()).attach(request('one'))
    world.crash()
    world.host.take(world.runDir)
    const next = await world.attacher()
    expect(await recovered(next)).toEqual(['kept one'])
    expect(world.host.real(stableLink ?? '')).toBe(device)
    expect(await world.list(`${world.runDir}/claims`)).toHaveLength(1)
    const writes = world.host.durableWrites
    expect(await recovered(next)).toEqual(['kept one'])
    expect(world.host.durableWrites - writes, 'nothing is written for what is right').toBe(0)
    await next.detach('one')
    await ended(world)
  })

  test('without claims: a mounted volume is kept, adopted, listed, and detached once it is free', async () => {
    const world = await worldWith()
    const { device, wwid } = await (await world.attacher()).attach(request('one'))
    const mount = await world.mount(device)
    loseAll(world)
    const next = await world.attacher()
    expect((await recovered(next))[0]).toBe('left disk sda (LUN 1 of session 1)')
    const id = `adopted-${wwid ?? ''}`
    expect(await recovered(next, { dryRun: true, adopt: true })).toEqual([`adopted ${id}`])
    expect(await next.list()).toEqual([])
    expect(await recovered(next, { adopt: true })).toEqual([`adopted ${id}`])
    expect(await next.list()).toMatchObject([{ id, state: 'attached', present: true, device, wwid }])
    const { attachment, holders, connection } = await next.inspect(id)
    expect(world.host.real(attachment?.stableLink ?? '')).toBe(device)
    expect(holders).toMatchObject([{ kind: 'mount' }])
    expect(connection).toEqual({ protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: '1' }] })
    expect(await recovered(next, { adopt: true })).toEqual([`kept ${id}`])
    await expect(next.detach(id)).rejects.toMatchObject({ code: 'ERR_HELD' })
    await mount.unmount()
    expect(await next.detach(id)).toMatchObject({ outcome: 'released', kept: [] })
    await ended(world)
  })

  test('an adopted map is attached again under the id that the agent knows, and goes with the last of both', async () => {
    const world = await worldWith({ multipathd: 'running' })
    const { device, wwid } = await (await world.attacher()).attach(request('one', AS_MAP))
    loseAll(world)
    const next = await world.attacher()
    const id = `adopted-${wwid ?? ''}`
    expect(await recovered(next, { adopt: true })).toEqual([`adopted ${id}`])
    expect(await next.list()).toMatchObject([{ id, device, present: true }])
    expect(await next.attach(request('one', AS_MAP))).toMatchObject({ device })
    expect((await next.detach(id)).kept.length).toBeGreaterThan(0)
    expect(await world.maps()).toHaveLength(1)
    await next.detach('one')
    await ended(world)
  })

  test('what shows another volume by now is not adopted, and not taken away by the same call', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    await world.volume('intruder')
    await world.mapLun(IQN, 1, 'intruder')
    const next = await world.attacher()
    const { actions } = await next.recover({ adopt: true })
    expect(short(actions)).toEqual(['left disk sda (LUN 1 of session 1)', `left session 1 to ${IQN} at ${PORTAL}`])
    expect(actions[0]?.reason).toContain('given to another volume')
    expect(await world.list(`${world.runDir}/claims`)).toEqual([])
    expect(await recovered(next)).toHaveLength(2)
    await ended(world)
  })

  test('a login with credentials is adopted with its user and without its secret, and found by its connection', async () => {
    const chap = { username: 'host-17', secret: 'geheim-geheim' }
    const world = await createFakeWorld()
    await serveOne(world, { chap })
    const targets = [{ portal: PORTAL, iqn: IQN, lun: 1 }]
    const connection = { protocol: 'iscsi', targets, auth: chap } as const
    await (await world.attacher()).attach(request('one', { connection }))
    loseAll(world)
    const next = await world.attacher()
    await recovered(next, { adopt: true })
    const [name = ''] = await world.list(`${world.stateDir}/attachments`)
    expect(await world.readText(`${world.stateDir}/attachments/${name}`)).not.toContain(chap.secret)
    expect(await next.detach({ connection })).toMatchObject({ outcome: 'released', id: expect.stringMatching(/^adopted-/) as string })
    await ended(world)
  })
})

describe('a state directory that cannot be written', () => {
  test('is reported, loses nothing, and does not keep the others from being recovered', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    await attacher.attach(request('two', { lun: 2 }))
    world.crash()
    world.host.take(world.stateDir)
    world.host.faults.plant({ on: 'files.commit', does: { fail: 'ENOSPC' } })
    const next = await world.attacher()
    const { actions } = await next.recover()
    expect(actions.map(({ action }) => action).sort()).toEqual(['kept', 'left'])
    expect(actions.find(({ action }) => action === 'left')?.reason).toMatch(/State file .* cannot be used: .* ENOSPC/)
    expect((await world.leftovers()).disks).toHaveLength(2)
    expect((await recovered(next)).sort()).toEqual(['kept one', 'kept two'])
    await next.detach('one')
    await next.detach('two')
    await ended(world)
  })

  test('an interrupted attach is undone all the same, and forgotten once there is room', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    const scan = world.host.faults.plant({ on: 'kernel.write', does: { crash: 'after' } })
    void attacher.attach(request('one'))
    await scan.reached
    world.crash()
    world.host.faults.plant({ on: 'files.commit', does: { fail: 'EROFS' } })
    const next = await world.attacher()
    expect(await recovered(next)).toEqual(['left one'])
    await expectClean(world, 'after the undoing')
    expect(await recovered(next)).toEqual(['undone one'])
    await ended(world)
  })

  test('an adoption that cannot be written down is a claim, and goes to the journal at the next recovery', async () => {
    const world = await worldWith()
    const { wwid } = await (await world.attacher()).attach(request('one'))
    loseAll(world)
    const next = await world.attacher()
    world.host.faults.plant({ on: 'files.commit', does: { fail: 'ENOSPC' } })
    const id = `adopted-${wwid ?? ''}`
    expect(await recovered(next, { adopt: true })).toEqual([`left ${id}`])
    expect(await recovered(next)).toEqual([`kept ${id}`])
    await next.detach(id)
    await ended(world)
  })

  test('one that cannot even be listed: no orphan is taken away', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    const next = await world.attacher()
    world.host.faults.plant({ on: 'files.list', matching: '/attachments', times: 2, does: { fail: 'EIO' } })
    const { actions } = await next.recover()
    expect(actions.map(({ action }) => action)).toEqual(['left', 'left', 'left'])
    expect((await world.leftovers()).disks).toHaveLength(1)
    await recovered(next)
    await ended(world)
  })
})
