import { expect, test } from 'vitest'
import { createAttacher } from '../../../../lib/index.js'
import { FakeHost } from '../../../../lib/testing/index.js'

const iqn = 'iqn.2024-01.org.example:array'
const portal = '10.99.1.1:3260'

test('a mounted volume is not detached', async () => {
  const host = new FakeHost()
  host.storage.volume('data', { sizeMb: 64, content: 'ext4' })
  host.storage.iscsi.target({ iqn, portals: [portal], luns: { 1: 'data' } })

  const attacher = await createAttacher({ host })
  const connection = { protocol: 'iscsi', targets: [{ portal, iqn, lun: 1 }] } as const
  const { device } = await attacher.attach({ id: 'vol-1', connection })

  const mount = host.users.mount(device)
  await expect(attacher.detach('vol-1')).rejects.toMatchObject({ code: 'ERR_HELD', sideEffects: 'none' })
  mount.unmount()
  expect((await attacher.detach('vol-1')).outcome).toBe('released')

  await attacher.close()
  host.verify()
})
