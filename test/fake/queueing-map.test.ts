/** The library finds the users of a map before it makes the map fail its I/O. Afterwards a report that it is in use would be too late. */
import { expect, test } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { ended } from './field.js'

const PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260']

/** Uses that keep the device open without showing a user by its device number. */
const USES: Readonly<Record<string, (world: FakeWorld, device: string) => () => void>> = {
  'a btrfs': ({ host }, device) => {
    const mount = host.users.mount(device, { fsType: 'btrfs' })
    return () => mount.unmount()
  },
  'a ZFS, which no file of the host names': ({ host }, device) => host.users.openInKernel(device, { exclusive: true }),
  'an export of the kernel': ({ host }, device) => host.users.openInKernel(device),
  'a btrfs on a partition': ({ host }) => {
    const mount = host.users.mount(`/dev/mapper/${host.mapper.all()[0]?.name ?? ''}-part1`, { fsType: 'btrfs' })
    return () => mount.unmount()
  },
  'a program that has it open': ({ host }, device) => host.users.open(device).close,
  'an export by nvmet': ({ host }, device) => {
    const namespace = '/sys/kernel/config/nvmet/subsystems/exported/namespaces/1'
    host.put(`${namespace}/device_path`, device)
    host.put(`${namespace}/enable`, '1')
    const close = host.users.openInKernel(device)
    return () => {
      host.take('/sys/kernel/config/nvmet/subsystems/exported')
      close()
    }
  },
  'a logical volume': ({ host }, device) => host.users.stack(device, 'dm-9'),
}

/** With `force` these users lose the device. */
const SILENT = ['a program that has it open', 'an export by nvmet']

for (const [kind, use] of Object.entries(USES))
  test.each([...(SILENT.includes(kind) ? [] : [{ force: true }]), { onNoPaths: 'fail-io' as const }])(
    `a map without a live path that has ${kind} queues on: %j`,
    async (how) => {
      const world = await createFakeWorld({ multipathd: 'running', noPathRetry: 'queue' })
      const partitioned = kind.includes('partition')
      await world.volume('data', partitioned ? { partitions: ['ext4'] } : { content: 'ext4' })
      await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
      const attacher = await world.attacher()
      const { device } = await attacher.attach(
        request('one', { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' } } }),
      )
      await world.sleep(1000)
      const end = use(world, device)
      for (const portal of PORTALS) await world.portal(portal, 'drop')
      await world.sleep(130_000)
      const [map] = world.host.mapper.all()
      expect([map?.activePaths, map?.table.queueing]).toEqual([0, true])
      await expect(attacher.detach('one', { ...how, timeoutMs: 30_000 })).rejects.toMatchObject({ code: 'ERR_HELD', sideEffects: 'none' })
      expect(map?.table.queueing).toBe(true)
      expect(world.host.trace.filter(({ subject }) => /disablequeueing|fail_if_no_path/.test(subject))).toEqual([])
      for (const portal of PORTALS) await world.portal(portal, 'open')
      await world.sleep(30_000)
      end()
      expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', dataLossPossible: false })
      await ended(world)
    },
  )
