/** The array maps another volume at the LUN of an attached volume (CVE-2023-2088), in cases that the lab's scenario does not cover. */
import { expect, test } from 'vitest'
import type { Attacher } from '../../lib/index.js'
import { IQN, request } from '../world/expect.js'
import type { FakeWorld } from '../world/fake/world.js'
import { OTHER, OTHER_PORTAL, withOther } from '../world/four.js'
import { WRITTEN_LATER_AT } from '../world/world.js'
import { asMap, ended, overAll, serve } from './field.js'

const writtenTo = async (world: FakeWorld, volume: string) => Buffer.from(await world.content(volume, 12, WRITTEN_LATER_AT)).toString()
async function rescan(world: FakeWorld): Promise<void> {
  for (const hctl of world.host.names('/sys/bus/scsi/devices').filter((name) => /^[0-9:]+$/.test(name)))
    await world.host.kernel.write(
      { directory: `/sys/bus/scsi/devices/${hctl}`, guards: [], attribute: 'rescan', value: '1', waits: 'unbounded' },
      new AbortController().signal,
    )
}
const refusedAll = async (attacher: Attacher, again: Parameters<Attacher['attach']>[0]) => {
  await expect(attacher.attach(again)).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'verify', sideEffects: 'none' })
  await expect(attacher.resize('one')).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'verify', sideEffects: 'none' })
}

test('one way of four leads elsewhere: a detach takes that out of the map before it flushes, and the others bring the data to the volume', async () => {
  const world = await serve()
  await world.volume('blank')
  await world.volume('intruder')
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'blank' } })
  await world.mapLun(IQN, 1, 'blank')
  const attacher = await world.attacher()
  const asked = withOther('one', { policy: { multipath: 'require', paths: { min: 'all' } } })
  const { device } = await attacher.attach(asked)
  // From now on the map uses this path.
  for (const portal of ['10.99.1.1:3260', '10.99.2.1:3260', '10.99.3.1:3260']) await world.portal(portal, 'drop')
  await world.sleep(120_000)
  await world.read(device, 512)
  for (const portal of ['10.99.1.1:3260', '10.99.2.1:3260', '10.99.3.1:3260']) await world.portal(portal, 'open')
  await world.sleep(120_000)
  await world.mapLun(OTHER, 1, 'intruder')
  await refusedAll(attacher, asked)

  const writer = await world.writeLater(device, 'written data')
  await expect(attacher.detach('one', { force: true })).rejects.toMatchObject({
    code: 'ERR_DETACH_INCOMPLETE',
    details: { report: { overridden: [{ step: 'check-users' }, { step: 'verify', code: 'ERR_IDENTITY_MISMATCH' }] } },
  })
  expect(await writtenTo(world, 'blank')).toBe('written data')
  await writer.close()
  await attacher.detach('one')
  expect(await writtenTo(world, 'intruder')).toBe('\0'.repeat(12))
  await ended(world)
})

test.each(['map', 'disk'] as const)(
  'the kernel has read the other identity meanwhile (%s): refused, not flushed, and it goes',
  async (kind) => {
    const world = await serve()
    await world.volume('other')
    const attacher = await world.attacher()
    const asked = kind === 'map' ? asMap() : request('one')
    await attacher.attach(asked)
    await world.mapLun(IQN, 1, 'other')
    await rescan(world)
    const paths = kind === 'map' ? 4 : 1
    expect(await attacher.list()).toMatchObject([{ present: false }])
    await expect(attacher.resize('one')).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', sideEffects: 'none' })
    expect(await attacher.detach('one')).toMatchObject({
      outcome: 'released',
      kept: [],
      overridden: Array.from({ length: paths }, () => ({ step: 'verify', code: 'ERR_IDENTITY_MISMATCH' })),
    })
    await ended(world)
  },
)

test('the LUN becomes another, larger volume in the middle of a resize: the map keeps its size', async () => {
  for (const kind of ['map', 'disk'] as const) {
    const world = await serve()
    await world.volume('other', { sizeMb: 128 })
    const attacher = await world.attacher()
    const { device } = await attacher.attach(kind === 'map' ? overAll() : request('one'))
    const events = attacher.events()
    void (async () => {
      for await (const event of events)
        if (event.type === 'step:start' && event.step === 'read-capacity') await world.mapLun(IQN, 1, 'other')
    })()
    await expect(attacher.resize('one')).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'rescan' })
    if (kind === 'map')
      expect(world.host.text(`/sys/class/block/${device.slice('/dev/'.length)}/size`)).toBe(String((64 * 1024 * 1024) / 512))
    expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', dataLossPossible: true, kept: [] })
    await ended(world)
  }
})
