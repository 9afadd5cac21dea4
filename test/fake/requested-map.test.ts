/** A map that Brickwork requests from multipathd belongs to Brickwork, even over disks that existed before. */
import { afterEach, expect, test } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

let world: FakeWorld
const asked = request('one', { policy: { multipath: 'require' } })

/** Another program has the disk, and multipathd creates no map by itself. */
async function found(): Promise<void> {
  world = await createFakeWorld({ multipathd: 'running', findMultipaths: 'strict' })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await world.foreignLogin(IQN, PORTAL)
  await world.sleep(500)
}
/** Brickwork has left nothing, and the other program has its disk as before. */
async function expectAsBefore(): Promise<void> {
  expect(await world.maps()).toEqual([])
  expect(await world.disks()).toEqual(['sda'])
  expect(world.host.names('/sys/class/iscsi_session')).toHaveLength(1)
}
afterEach(async () => {
  await world.close()
  world.host.verify()
})

test('a map that was asked for over the disk of another program goes with the detach, and the disk stays', async () => {
  await found()
  const attacher = await world.attacher()
  expect((await attacher.attach(asked)).multipath).not.toBeNull()
  const { outcome, kept } = await attacher.detach('one')
  expect([outcome, kept.some(({ what }) => what.startsWith('map'))]).toEqual(['released', false])
  await expectAsBefore()
})

test('a process that is killed as it has asked for a map leaves it to the recovery', async () => {
  await found()
  const attacher = await world.attacher()
  const asking = world.host.faults.plant({ on: 'kernel.exchange', matching: 'add map', does: { crash: 'after' } })
  void attacher.attach(asked)
  await asking.reached
  world.crash()
  await world.sleep(2000)
  expect(await world.maps()).toHaveLength(1)
  const next = await world.attacher()
  expect((await next.recover()).actions.map(({ action }) => action)).toEqual(['undone'])
  await expectAsBefore()
})

test('a map that another program has open by then stays', async () => {
  await found()
  const attacher = await world.attacher()
  const { device } = await attacher.attach(asked)
  const { pid, close } = world.host.users.open(device)
  await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_HELD', details: { holders: [{ pid }] } })
  expect(await world.maps()).toHaveLength(1)
  close()
  await attacher.detach('one')
  await expectAsBefore()
})
