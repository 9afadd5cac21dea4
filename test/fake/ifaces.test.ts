import { expect, test } from 'vitest'
import { expectClean, request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const throughIser = { ...request('one'), connection: { ...request('one').connection, iface: 'iser' } } as ReturnType<typeof request>

test('iser is let through where the kernel has it', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  world.host.put('/sys/class/iscsi_transport/iser/handle', '1')
  const attacher = await world.attacher()
  await attacher.attach(throughIser)
  expect((await attacher.enumerate()).sessions).toMatchObject([{ iface: 'iser' }])
  const record = world.host.text('/etc/iscsi/nodes/iqn.2024-01.org.example:storage/10.99.1.1,3260') ?? ''
  expect(record).toContain('iface.iscsi_ifacename = iser\niface.transport_name = iser\n')
  await attacher.detach('one')
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
})

test('what was attached through ifaces is adopted as such after all files were lost', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveOne(world)
  world.host.put('/etc/iscsi/ifaces/storage0', 'iface.iscsi_ifacename = storage0\niface.net_ifacename = eth1\n')
  const { connection } = request('one')
  const asked = {
    id: 'one',
    connection: { ...connection, iface: ['default', 'storage0'] },
    policy: { paths: { min: 'all' } },
  } as ReturnType<typeof request>
  const attacher = await world.attacher()
  const { paths, device } = await attacher.attach(asked)
  expect(paths.map(({ iscsi }) => iscsi?.iface).sort()).toEqual(['default', 'storage0'])
  world.crash()
  await world.remove(world.stateDir)
  await world.remove(world.runDir)
  const next = await world.attacher()
  await next.recover({ adopt: true })
  expect(await next.inspect({ connection: asked.connection })).toMatchObject({ device, present: true })
  expect(await next.detach({ connection: asked.connection })).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
})

test('iser without its kernel module is refused before anything is touched', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  await expect(attacher.attach(throughIser)).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED',
    message: expect.stringContaining('ib_iser') as string,
    details: { field: 'connection.iface' },
    sideEffects: 'none',
  })
  await world.close()
  world.host.verify()
})
