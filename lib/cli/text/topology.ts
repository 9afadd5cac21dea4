/** The topology of the host as trees: each volume with its paths and the devices built on it, then sessions, ports and controllers. */
import type { BlockTopology } from '../../index.js'
import { sessionBranch } from './session.js'
import type { Branch } from './tree.js'
import { VOLUME_HEADINGS, VolumeView } from './volume.js'

export interface Section {
  readonly heading: string
  /** Headings of the columns of the branches; absent for a plain list. */
  readonly headings?: readonly string[]
  readonly branches: readonly Branch[]
}

export function topologySections(topology: BlockTopology): Section[] {
  const view = new VolumeView(topology)
  const { sessions, hosts, remotePorts, subsystems, controllers, scsiDevices } = topology
  const leaf = (...cells: readonly string[]): Branch => ({ cells, below: [] })
  const [sized, empty] = [view.roots().filter(({ sizeBytes }) => sizeBytes > 0), view.roots().filter(({ sizeBytes }) => sizeBytes === 0)]
  const sections: Section[] = [
    { heading: 'Volumes', headings: VOLUME_HEADINGS, branches: sized.map((device) => view.volume(device)) },
    {
      heading: 'iSCSI sessions',
      headings: ['SESSION', 'TARGET', 'PORTAL', 'STATE', 'HOST', 'IFACE', 'DISKS', 'ATTACHMENT'],
      branches: sessions.map((session) => sessionBranch(session, topology)),
    },
    {
      heading: 'Fibre Channel',
      headings: ['HOST', 'PORT NAME', 'STATE', 'SPEED', 'DRIVER'],
      branches: hosts.flatMap(({ host, driver, fibreChannel }) => {
        if (fibreChannel === undefined) return []
        const ports = remotePorts.filter((port) => port.host === host)
        const { portName = '', speed = '', portState = '' } = fibreChannel
        return {
          cells: [`host${host}`, portName, portState, speed, driver],
          below: ports.map(({ name, portName: remote = '', state = '', roles = '' }) => leaf(name, remote, state, roles)),
        }
      }),
    },
    {
      heading: 'NVMe subsystems',
      headings: ['SUBSYSTEM', 'NQN', 'MODEL', 'I/O POLICY'],
      branches: subsystems.map(({ name, nqn, model = '', ioPolicy = '', controllers: own }) => ({
        cells: [name, nqn, model, ioPolicy],
        below: controllers
          .filter((controller) => own.includes(controller.name))
          .map(({ name: controller, transport, address = '', state }) => leaf(controller, state, transport, address)),
      })),
    },
    {
      heading: 'Other SCSI devices',
      headings: ['HCTL', 'TYPE', 'STATE', 'PRODUCT', 'SG'],
      branches: scsiDevices
        .filter(({ block }) => block === undefined)
        .map(({ hctl, type, state, vendor = '', model = '', sg = '' }) => leaf(hctl, type, state, `${vendor} ${model}`.trim(), sg)),
    },
    { heading: 'Devices of size 0', branches: empty.length === 0 ? [] : [leaf(empty.map(({ name }) => name).join(' '))] },
    { heading: 'Could not be read', branches: topology.unseen.map((what) => leaf(what)) },
  ]
  return sections.filter(({ branches }, index) => index === 0 || branches.length > 0)
}
