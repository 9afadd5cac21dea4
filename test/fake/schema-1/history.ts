/** Records the history of a host: which sessions, disks and maps come and go, in order. */
import type { FakeHost } from '../../../lib/testing/index.js'
import type { HostEvent } from './host-state.js'

export function recordHistory(host: FakeHost): readonly HostEvent[] {
  const events: HostEvent[] = []
  const maps = new Map<string, string>()
  let seen = 0
  /** No uevent announces that multipath-tools have learned a WWID. */
  const noteWwids = () => {
    for (const { call, subject } of host.trace.slice(seen)) {
      const wwid = call === 'commands.run' ? /^multipath -a (\S+)$/.exec(subject)?.[1] : undefined
      if (wwid !== undefined) events.push({ event: 'add-wwid', wwid })
    }
    seen = host.trace.length
  }
  host.uevents.listen((uevent) => {
    if (uevent === 'overrun' || uevent.source !== 'kernel') return
    noteWwids()
    const { action, subsystem, devpath, properties } = uevent
    const name = devpath.split('/').at(-1) ?? ''
    const added = action === 'add'
    if (action === 'change' && subsystem === 'block' && name.startsWith('dm-') && !maps.has(name)) {
      const added = addedMap(host, name)
      maps.set(name, added.uuid)
      events.push(added)
    }
    if (!added && action !== 'remove') return
    if (subsystem === 'iscsi_connection') {
      const session = Number(/connection(\d+):/.exec(name)?.[1])
      events.push(added ? { event: 'login', session, ...placeOf(host, session) } : { event: 'logout', session })
    }
    if (subsystem === 'scsi_device') events.push({ event: added ? 'add-disk' : 'remove-disk', hctl: name })
    const uuid = maps.get(name)
    if (!added && subsystem === 'block' && uuid !== undefined && properties.get('DEVTYPE') === 'disk') {
      maps.delete(name)
      events.push({ event: 'remove-map', uuid })
    }
  })
  return events
}

function placeOf(host: FakeHost, session: number): { iqn: string; portal: string } {
  const connection = `/sys/class/iscsi_connection/connection${session}:0`
  const text = (path: string) => host.text(path) ?? ''
  const portal = `${text(`${connection}/persistent_address`)}:${text(`${connection}/persistent_port`)}`
  return { iqn: text(`/sys/class/iscsi_session/session${session}/targetname`), portal }
}
function addedMap(host: FakeHost, device: string): Extract<HostEvent, { event: 'add-map' }> {
  const uuid = host.text(`/sys/block/${device}/dm/uuid`) ?? ''
  const name = host.text(`/sys/block/${device}/dm/name`) ?? ''
  const byIoctl = host.trace.some(({ call, subject }) => call === 'kernel.createMap' && subject === uuid)
  const paths = host.names(`/sys/block/${device}/slaves`)
  return { event: 'add-map', uuid, name, createdBy: byIoctl ? 'ioctl' : 'multipathd', paths }
}
