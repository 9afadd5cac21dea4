/** A multipathd whose configuration identifies volumes by another property than the WWID (`uid_attribute`, `getuid_callout`). */
import { expect, test } from 'vitest'
import type { FakeHostOptions, IdentityStyle } from '../../lib/testing/index.js'
import { IQN, request } from '../world/expect.js'
import type { FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { asMap, ended, overAll, serve } from './field.js'

const ALL = { multipath: 'require', paths: { min: 'all' } } as const
const uuidOf = (world: FakeWorld) => `mpath-0x${(world.host.storage.volumeNamed('data').naa ?? '').slice(0, 16)}`

test.each<[string, 'udev' | 'kernel', FakeHostOptions]>([
  ['by itself', 'udev', { findMultipaths: 'yes' }],
  ['by itself', 'kernel', { findMultipaths: 'yes' }],
  ['when it is asked to', 'udev', {}],
  ['with friendly names', 'kernel', { userFriendlyNames: true }],
])('a map of our disks that multipathd makes %s is our map, whatever its uuid says (ready: %s)', async (_, ready, options) => {
  const world = await serve({ uidAttribute: 'ID_WWN', ...options })
  const attacher = await world.attacher()
  const attachment = await attacher.attach(asMap({ policy: { multipath: 'require', paths: { min: 'all' }, ready } }))
  expect(attachment).toMatchObject({ degraded: false, multipath: { uuid: uuidOf(world) } })
  expect(attachment.wwid).toBe(`3${world.host.storage.volumeNamed('data').naa ?? ''}`)
  expect(await attacher.attach(asMap())).toMatchObject({ reused: true, device: attachment.device })
  await world.resizeVolume('data', 128)
  expect(await attacher.resize('one')).toMatchObject({ sizeBytes: 128 * 1024 * 1024 })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [] })
  await ended(world)
})

test('such a map is found again after a crash, and taken away', async () => {
  const world = await serve({ uidAttribute: 'ID_WWN' })
  await (await world.attacher()).attach(asMap())
  world.crash()
  const attacher = await world.attacher()
  expect(await attacher.attach(asMap())).toMatchObject({ reused: true, multipath: { uuid: uuidOf(world) } })
  await attacher.detach('one')
  await ended(world)
})

test('a map with such a uuid and a path of somebody else is not ours', async () => {
  const world = await serve({ uidAttribute: 'ID_WWN', findMultipaths: 'no' })
  const { naa = '' } = world.host.storage.volumeNamed('data')
  // Another volume of the array with the same ID_WWN, which is the first half of the NAA identifier.
  world.host.storage.volume('other', { serial: `${naa.slice(7, 16)}0000000000000000` })
  const theirs = { iqn: `${IQN}.other`, portal: '10.99.5.1:3260' }
  await world.target({ iqn: theirs.iqn, portals: [theirs.portal], luns: { 1: 'other' } })
  await world.foreignLogin(theirs.iqn, theirs.portal)
  await world.sleep(1000)
  const before = await world.leftovers()
  const attacher = await world.attacher()
  await expect(attacher.attach(overAll())).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT', details: { uuid: uuidOf(world) } })
  expect(await world.leftovers()).toEqual(before)
  await attacher.close()
  await world.foreignLogout(theirs.iqn, theirs.portal)
  await world.tellMultipathd(`del map ${(await world.maps())[0]?.name ?? ''}`)
  await ended(world)
})

test.each<[string, IdentityStyle, RegExp | undefined, RegExp]>([
  ['T10 vendor text with a slash, which udev writes otherwise', 't10 with a slash', /^1LIO-ORG_FILE\/IO:/, /^mpath-1LIO-ORG_FILE_IO:/],
  ['only a serial number, page 0x80', 'serial', undefined, /^mpath-SLIO-ORG_FILEIO_/],
  ['an EUI-64', 'eui', /^2[0-9a-f]{16}$/, /^mpath-2[0-9a-f]{16}$/],
  ['several designators', 'several', /^36001405/, /^mpath-36001405/],
])('a volume that shows %s has the map that multipathd makes of it', async (_, identity, wwid, uuid) => {
  const world = await serve()
  world.host.storage.volume('other', { identity })
  await world.mapLun(IQN, 2, 'other')
  const attacher = await world.attacher()
  const attachment = await attacher.attach({ ...request('one', { lun: 2, portals: PORTALS }), policy: ALL })
  expect(attachment).toMatchObject({ degraded: false, multipath: { uuid: expect.stringMatching(uuid) as unknown } })
  if (wwid === undefined) expect(attachment.wwid).toBeUndefined()
  else expect(attachment.wwid).toMatch(wwid)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [] })
  await ended(world)
})

test('an array that shows a designator more on its new paths shows the same volume', async () => {
  const world = await serve()
  const volume = world.host.storage.volume('growing', { identity: 't10' })
  await world.mapLun(IQN, 2, 'growing')
  const attacher = await world.attacher()
  const asked = { ...request('one', { lun: 2, portals: PORTALS }), policy: { multipath: 'never' } } as const
  await attacher.attach(asked)
  volume.identity = 'several'
  expect(await attacher.attach(asked)).toMatchObject({ reused: true })
  await attacher.detach('one')
  await ended(world)
})
