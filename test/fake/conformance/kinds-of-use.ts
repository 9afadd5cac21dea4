/** How programs use a block device, as far as the fake machine knows. */
import type { Holder } from '../../../lib/index.js'
import type { Mount } from '../../../lib/testing/index.js'
import type { FakeWorld } from '../../world/fake/world.js'

export interface KindOfUse {
  readonly begin: (world: FakeWorld, device: string) => Promise<{ readonly end: () => void | Promise<void> }>
  /** What an error calls it. */
  readonly holder: Holder['kind']
}
type Begin = (world: FakeWorld, device: string) => () => void
const now = (begin: Begin): KindOfUse['begin'] => {
  return (world, device) => Promise.resolve({ end: begin(world, device) })
}
const mounted = (mount: Mount) => () => {
  mount.unmount()
}
const LOOP = '/sys/block/loop0'
const NVMET = '/sys/kernel/config/nvmet/subsystems/exported'

/** Users that share a device with multipath maps and with one another: they may also use a path below a map. */
export const BELOW: Readonly<Record<string, KindOfUse>> = {
  'raw opener': { holder: 'process', begin: now(({ host }, device) => host.users.open(device).close) },
  'loop device': {
    holder: 'export',
    begin: now(({ host }, device) => {
      host.put(`${LOOP}/loop/backing_file`, device)
      return () => void host.take(LOOP)
    }),
  },
  'namespace of nvmet': {
    holder: 'export',
    begin: now(({ host }, device) => {
      host.put(`${NVMET}/namespaces/1/device_path`, device)
      host.put(`${NVMET}/namespaces/1/enable`, '1')
      return () => void host.take(NVMET)
    }),
  },
}
export const TOP: Readonly<Record<string, KindOfUse>> = {
  mount: { holder: 'mount', begin: now(({ host }, device) => mounted(host.users.mount(device))) },
  'mount in another namespace': {
    holder: 'mount',
    begin: now(({ host }, device) => mounted(host.users.mount(device, { otherNamespace: true }))),
  },
  swap: { holder: 'swap', begin: now(({ host }, device) => host.users.swapOn(device)) },
  'device-mapper device': { holder: 'device', begin: now(({ host }, device) => host.users.stack(device, 'dm-9')) },
  'exclusive opener': { holder: 'exclusive', begin: now(({ host }, device) => host.users.open(device, { exclusive: true }).close) },
  ...BELOW,
}
