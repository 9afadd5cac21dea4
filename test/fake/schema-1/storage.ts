/** Creates the storage side of a state on a fake host. */
import type { FakeHost } from '../../../lib/testing/index.js'
import type { StorageFacts } from './host-state.js'

/** Leaves all portals open: `restore.ts` closes them when the sessions are up. */
export function arrangeStorage(host: FakeHost, { volumes, targets, hostNames, localDisks }: StorageFacts): void {
  for (const { name, ...volume } of volumes) host.storage.volume(name, volume)
  for (const target of targets) host.storage.iscsi.target(target)
  for (const [name, addresses] of Object.entries(hostNames)) host.storage.hostName(name, addresses)
  for (const [name, volume] of Object.entries(localDisks)) {
    host.localDisk(name, volume)
    host.put(`/run/udev/data/b${host.text(`/sys/class/block/${name}/dev`) ?? ''}`, 'I:1000')
  }
}
