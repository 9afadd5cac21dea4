/** The objects that a recovery removes after all state was lost, and those that it must not touch: over FakeHost. */
import { describe, expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { ended, logOut, loseAll, PORTALS, recovered, short, worldWith } from './recovered.js'

const OTHER = 'iqn.2024-01.org.example:other'
const THIRD_PORTAL = '10.99.3.1:3260'
const RECORD = `/etc/iscsi/nodes/${IQN}/10.99.1.1,3260`

describe('orphans', () => {
  test('are said by a dry run, taken away by the next, and gone for the one after', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    const before = await world.leftovers()
    const next = await world.attacher()
    const lines = ['removed disk sda (LUN 1 of session 1)', `removed session 1 to ${IQN} at ${PORTAL}`]
    expect(await recovered(next, { dryRun: true })).toEqual(lines)
    expect(await world.leftovers()).toEqual(before)
    expect(await recovered(next)).toEqual(lines)
    await expectClean(world, 'after the recovery')
    expect(await recovered(next)).toEqual([])
    await ended(world)
  })

  test('a map goes with its paths', async () => {
    const world = await worldWith({ multipathd: 'running' })
    await (await world.attacher()).attach(request('one', { portals: PORTALS, policy: { multipath: 'require' } }))
    expect(await world.maps()).toHaveLength(1)
    loseAll(world)
    const actions = await recovered(await world.attacher())
    expect(actions.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['removed map', 'removed session', 'removed session'])
    await ended(world)
  })

  test('a map whose paths went with their sessions stays: nothing tells whose it was', async () => {
    const world = await worldWith({ multipathd: 'running' })
    const attacher = await world.attacher()
    const { device } = await attacher.attach(request('one', { portals: PORTALS, policy: { multipath: 'require' } }))
    const mount = await world.mount(device)
    loseAll(world)
    for (const session of await world.sessions(IQN)) await logOut(world, session)
    await world.sleep(30_000)
    const actions = await recovered(await world.attacher())
    expect(actions.filter((line) => line.startsWith('foreign map'))).toHaveLength(1)
    expect((await world.leftovers()).maps).toHaveLength(1)
    await mount.unmount()
  })

  test('what another program logged in stays, with all its disks, and is not even told', async () => {
    const world = await worldWith()
    await world.volume('theirs')
    await world.target({ iqn: OTHER, portals: [THIRD_PORTAL], luns: { 1: 'theirs' } })
    await world.foreignLogin(OTHER, THIRD_PORTAL)
    const before = await world.leftovers()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    await recovered(await world.attacher())
    expect(await world.leftovers()).toEqual(before)
    expect(await recovered(await world.attacher())).toEqual([])
    await world.foreignLogout(OTHER, THIRD_PORTAL)
    await ended(world)
  })

  test("our disk below another program's session cannot be proven to be ours", async () => {
    const world = await worldWith()
    await world.unmapLun(IQN, 2)
    await world.foreignLogin(IQN, PORTAL)
    await world.mapLun(IQN, 2, 'more')
    await (await world.attacher()).attach(request('two', { lun: 2 }))
    loseAll(world)
    const next = await world.attacher()
    expect(await recovered(next)).toEqual([])
    expect((await world.leftovers()).disks).toEqual([`${IQN} 1`, `${IQN} 2`])
    await world.foreignLogout(IQN, PORTAL)
    await ended(world)
  })

  test('with a second record of the same portal nobody can say whose the session is', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    await world.foreignRecord(IQN, PORTAL)
    const next = await world.attacher()
    const { actions } = await next.recover()
    expect(short(actions)).toEqual([`foreign session 1 to ${IQN} at ${PORTAL}`])
    expect(actions[0]?.reason).toContain('cannot be verified')
    expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
    await world.foreignLogout(IQN, PORTAL)
    await world.close()
  })

  test("another owner's are left to that owner, claimed or not", async () => {
    const world = await worldWith()
    const theirs = await world.attacher({ owner: 'their agent', stateDir: '/var/lib/theirs' })
    await theirs.attach(request('one'))
    const mine = await world.attacher()
    expect(await recovered(mine)).toEqual([])
    loseAll(world)
    expect(await recovered(await world.attacher())).toEqual([`foreign session 1 to ${IQN} at ${PORTAL}`])
    expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
    world.host.take('/var/lib/theirs')
    const back = await world.attacher({ owner: 'their agent', stateDir: '/var/lib/theirs' })
    expect(await recovered(back)).toHaveLength(2)
    await ended(world)
  })

  test('a record without a session goes, and one that another program wrote stays', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    const text = world.host.text(RECORD) ?? ''
    await attacher.detach('one')
    world.host.put(RECORD, `${text}\n`, { mode: 0o600 })
    await world.foreignRecord(IQN, SECOND_PORTAL)
    const from = world.now()
    expect(await recovered(attacher)).toEqual([`removed node record ${RECORD}`])
    expect(world.now() - from, 'a login through so young a record may be under way').toBeGreaterThan(10_000)
    expect((await world.leftovers()).records).toEqual([`${IQN} ${SECOND_PORTAL}`])
    await world.foreignLogout(IQN, SECOND_PORTAL)
    await ended(world)
  })

  test('a login that a killed process began is waited for before its record goes', async () => {
    const world = await worldWith()
    await world.portal(PORTAL, 'mute')
    void (await world.attacher()).attach(request('one'), { timeoutMs: 40_000 })
    await world.sleep(1000)
    loseAll(world)
    await world.portal(PORTAL, 'open')
    const next = await world.attacher()
    const lines = await recovered(next)
    await world.sleep(30_000)
    expect(await world.sessions(IQN)).toEqual([])
    expect(lines).toEqual([`removed session 1 to ${IQN} at ${PORTAL}`])
    await ended(world)
  })

  test('nothing that anybody uses is taken away, and the line says who and what to do', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    const { device } = await attacher.attach(request('one'))
    await attacher.attach(request('two', { lun: 2 }))
    const mount = await world.mount(device)
    loseAll(world)
    const next = await world.attacher()
    const planned = await recovered(next, { dryRun: true })
    const { actions } = await next.recover()
    expect(short(actions)).toEqual(planned)
    expect(short(actions)).toEqual([
      'left disk sda (LUN 1 of session 1)',
      'removed disk sdb (LUN 2 of session 1)',
      `left session 1 to ${IQN} at ${PORTAL}`,
    ])
    expect(actions[0]?.reason).toMatch(/mounted on .*adopt/)
    expect(actions[2]?.reason).toContain('it carries other disks: sda')
    expect(await world.leftovers()).toMatchObject({ sessions: [`${IQN} ${PORTAL}`], disks: [`${IQN} 1`], records: [`${IQN} ${PORTAL}`] })
    await mount.unmount()
    expect(await recovered(next)).toHaveLength(2)
    await ended(world)
  })

  test('a disk that hangs costs its share of the time, and the others go', async () => {
    const world = await worldWith()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    await attacher.attach(request('two', { lun: 2, portals: [SECOND_PORTAL] }))
    loseAll(world)
    const hung = world.host.faults.plant({ on: 'kernel.flush', matching: '/dev/sda', does: { hang: 'before' } })
    const next = await world.attacher()
    const from = world.now()
    const lines = await recovered(next, { timeoutMs: 20_000 })
    expect(world.now() - from).toBeLessThanOrEqual(20_500)
    expect(lines).toEqual([
      'left disk sda (LUN 1 of session 1)',
      'removed disk sdb (LUN 2 of session 2)',
      `left session 1 to ${IQN} at ${PORTAL}`,
      `removed session 2 to ${IQN} at ${SECOND_PORTAL}`,
    ])
    hung.release()
    await world.sleep(1000)
    expect(await recovered(next)).toHaveLength(2)
    await ended(world)
  })

  test('a torn claim may speak of anything: nothing is taken away', async () => {
    const world = await worldWith()
    await (await world.attacher()).attach(request('one'))
    loseAll(world)
    const next = await world.attacher()
    const torn = `${world.runDir}/claims/torn.json`
    await world.writeText(torn, '{')
    const before = await world.leftovers()
    const { actions } = await next.recover()
    expect(actions.map(({ action }) => action)).toEqual(['left', 'left', 'left'])
    expect(actions[1]?.reason).toContain(torn)
    expect(await world.leftovers()).toEqual(before)
    world.host.take(torn)
    await recovered(next)
    await ended(world)
  })
})
