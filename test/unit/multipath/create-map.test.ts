/** Which disks a map contains that the library creates directly. */
import { expect, test, vi } from 'vitest'

import type { BlockDevice } from '../../../lib/linux/block/device.js'
import { MapCreator } from '../../../lib/multipath/create-map.js'
import { MAP } from '../../../lib/multipath/objects.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { operationOn } from '../operation/entries.js'

const WWID = '36001405a1b2c3d4e5f60718293a4b5c6'
function disk(name: string, sizeBytes: number): BlockDevice {
  const pages = { kernelWwid: undefined, vpd80: undefined, vpd83: undefined, sg: undefined }
  const block = { name, device: '8:0', sizeBytes, logicalBlockSize: 512, readOnly: false, diskseq: undefined, holders: [] }
  return { ...block, ...pages, partitions: [], characters: [], dm: undefined }
}
async function creatorOn() {
  const host = new FakeHost({ multipathd: 'running' })
  for (const [index, name] of ['sda', 'sdb'].entries()) host.put(`/sys/class/block/${name}/dev`, `8:${index * 16}`)
  host.put('/etc/multipath/wwids', `/${WWID}/\n`)
  const { operation, deadline } = await operationOn(host, { policy: { assemble: 'direct' } })
  return { host, operation, creator: new MapCreator(operation), deadline }
}
/** How many times device-mapper receives a request to create a map. Each query for disks gets the next answer. */
async function created(...answers: readonly (readonly BlockDevice[])[]) {
  const { host, operation, creator, deadline } = await creatorOn()
  const create = vi.spyOn(host.kernel, 'createMap').mockResolvedValue('created')
  let asked = 0
  const current = () => answers[Math.min(asked++, answers.length - 1)] ?? []
  const made = await creator.tryToMake(current, WWID)
  const claimed = operation.claim.entry.objects.filter(({ kind }) => kind === MAP).length
  deadline[Symbol.dispose]()
  return { made, calls: create.mock.calls.length, claimed }
}
const [SDA, SDB] = [disk('sda', 4096), disk('sdb', 4096)]

test('disks of one size become a map', async () => {
  expect(await created([SDA, SDB])).toEqual({ made: true, calls: 1, claimed: 1 })
})
test('a map that another program makes first is not recorded as ours', async () => {
  const { host, operation, creator, deadline } = await creatorOn()
  vi.spyOn(host.kernel, 'createMap').mockImplementation(() => {
    host.put('/sys/block/dm-0/dm/uuid', `mpath-${WWID}`)
    const attributes = { dev: '253:0', size: '8', ro: '0', 'queue/logical_block_size': '512', 'dm/name': WWID, 'dm/uuid': `mpath-${WWID}` }
    for (const [name, text] of Object.entries(attributes)) host.put(`/sys/class/block/dm-0/${name}`, text)
    return Promise.resolve('busy')
  })
  expect(await creator.tryToMake(() => [SDA, SDB], WWID)).toBe(true)
  expect(operation.claim.entry.objects.filter(({ kind }) => kind === MAP)).toEqual([])
  expect(creator.made).toBe(false)
  deadline[Symbol.dispose]()
})
test('disks of different sizes never do', async () => {
  expect(await created([SDA, disk('sdb', 8192)])).toEqual({ made: false, calls: 0, claimed: 0 })
})
test('a disk that is found to be another volume, or has gone, while the map is prepared, is not in it', async () => {
  expect(await created([SDA, SDB], [SDA])).toEqual({ made: false, calls: 0, claimed: 0 })
})
