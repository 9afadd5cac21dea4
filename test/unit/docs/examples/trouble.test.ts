import { expect, test } from 'vitest'
import { createAttacher } from '../../../../lib/index.js'
import { FakeHost } from '../../../../lib/testing/index.js'

const iqn = 'iqn.2024-01.org.example:array'
const portals = ['10.99.1.1:3260', '10.99.2.1:3260']
const request = {
  id: 'vol-1',
  connection: { protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn, lun: 1 })) },
} as const

function hostWithMap(): FakeHost {
  const host = new FakeHost({ multipathd: 'running' })
  host.storage.volume('data', { content: 'ext4' })
  host.storage.iscsi.target({ iqn, portals, luns: { 1: 'data' } })
  return host
}

test('a dead portal makes the attachment degraded', async () => {
  const host = hostWithMap()
  host.storage.portal('10.99.1.1:3260', 'drop')
  const attacher = await createAttacher({ host })
  const { device, paths, degraded } = await attacher.attach(request)
  expect({ device, paths: paths.length, degraded }).toEqual({ device: '/dev/dm-0', paths: 1, degraded: true })
  await attacher.close()
})

test('a path fails while the volume is in use, and comes back', async () => {
  const host = hostWithMap()
  const attacher = await createAttacher({ host })
  const { device } = await attacher.attach(request)
  const mount = host.users.mount(device)
  const changes = attacher.watch()[Symbol.asyncIterator]()

  host.storage.portal('10.99.1.1:3260', 'drop') // the session notices it 10 s later
  expect((await changes.next()).value).toMatchObject({ id: 'vol-1', health: 'one-path', active: 1, named: 2 })
  expect((await attacher.inspect('vol-1')).attachment).toMatchObject({ device, degraded: true })

  host.storage.portal('10.99.1.1:3260', 'open') // iscsid logs in again, multipathd takes the path back
  expect((await changes.next()).value).toMatchObject({ health: 'healthy', active: 2 })

  mount.unmount()
  await attacher.detach('vol-1')
  await attacher.close()
  host.verify()
})

test('a full disk is reported, and nothing is left', async () => {
  const host = hostWithMap()
  const attacher = await createAttacher({ host })
  host.faults.plant({ on: 'files.commit', does: { fail: 'ENOSPC' } })
  await expect(attacher.attach(request)).rejects.toMatchObject({ code: 'ERR_STATE' })
  await attacher.close()
  host.verify()
})

test('a killed agent recovers', async () => {
  const host = hostWithMap()
  const login = host.faults.plant({ on: 'commands.run', matching: '--login', does: { crash: 'after' } })
  const killed = await createAttacher({ host })
  void killed.attach(request) // never returns: its process dies
  await login.reached
  await host.died

  const next = await createAttacher({ host: host.process() })
  const { actions } = await next.recover()
  expect(actions.map(({ id, action }) => `${id} ${action}`)).toEqual(['vol-1 resolved'])
  expect(host.names('/sys/class/iscsi_session')).toEqual([])
  await next.close()
  host.verify()
})
