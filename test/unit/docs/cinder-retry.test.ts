/** Runs the examples of docs/from-os-brick.md and docs/errors.md. */
import { expect, test } from 'vitest'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { connectVolume, disconnectVolume, extendVolume } from './examples/cinder.js'
import { attachWithRetries } from './examples/retry.js'

const iqn = 'iqn.2024-01.org.example:array'
const portals = ['10.99.1.1:3260', '10.99.2.1:3260']

test('the adapter connects, extends and disconnects a volume', async () => {
  const host = new FakeHost({ multipathd: 'running' })
  const { naa } = host.storage.volume('data')
  host.storage.iscsi.target({ iqn, portals, luns: { 1: 'data' } })
  await using attacher = await createAttacher({ host })
  const data = { volume_id: 'vol-1', target_portals: portals, target_iqns: [iqn, iqn], target_luns: [1, 1] }
  expect(await connectVolume(attacher, data, true)).toEqual({
    type: 'block',
    path: '/dev/dm-0',
    scsi_wwn: `3${naa}`,
    multipath_id: `3${naa}`,
  })
  host.storage.resize('data', 128)
  expect(await extendVolume(attacher, data)).toBe(128 * 2 ** 20)
  await disconnectVolume(attacher, data)
  expect(await attacher.list()).toEqual([])
  host.verify()
})

test('a retryable failure is tried again, and others are not', async () => {
  const host = new FakeHost()
  host.storage.volume('data')
  host.storage.iscsi.target({ iqn, portals, luns: {} })
  await using attacher = await createAttacher({ host, policy: { lun: { waitMs: 0 } } })
  const request = { id: 'vol-1', connection: { protocol: 'iscsi', targets: [{ portal: '10.99.1.1:3260', iqn, lun: 1 }] } } as const
  const events = attacher.events()
  const attached = attachWithRetries(attacher, request, 3, 50)
  for await (const event of events) if (event.type === 'operation:end') break
  host.storage.iscsi.mapLun(iqn, 1, 'data')
  expect((await attached).device).toBe('/dev/sda')
  await attacher.detach('vol-1')
  await expect(attachWithRetries(attacher, { ...request, id: '' }, 3, 1)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
})
