/** The topology of the host as trees: each volume with its paths and the devices built on it, then sessions without a volume. */
import type { BlockTopology, BlockDeviceNode, PathNode, IscsiSessionNode } from '../../index.js'
import { formatSize } from './size.js'
import type { Branch } from './tree.js'

export interface Section {
  readonly heading: string
  readonly branches: readonly Branch[]
}

export function topologySections(topology: BlockTopology): Section[] {
  const view = new View(topology)
  const { sessions, hosts, remotePorts, subsystems, controllers, scsiDevices } = topology
  const leaf = (...cells: readonly string[]): Branch => ({ cells, below: [] })
  const sections: Section[] = [
    { heading: 'Volumes', branches: view.roots().map((device) => view.volume(device)) },
    { heading: 'iSCSI sessions', branches: sessions.map((session) => view.session(session)) },
    {
      heading: 'Fibre Channel',
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
      branches: subsystems.map(({ name, nqn, model = '', ioPolicy = '', controllers: own }) => ({
        cells: [name, nqn, model, ioPolicy],
        below: controllers
          .filter((controller) => own.includes(controller.name))
          .map(({ name: controller, transport, address = '', state }) => leaf(controller, state, transport, address)),
      })),
    },
    {
      heading: 'Other SCSI devices',
      branches: scsiDevices
        .filter(({ block }) => block === undefined)
        .map(({ hctl, type, state, vendor = '', model = '', sg = '' }) => leaf(hctl, type, state, `${vendor} ${model}`.trim(), sg)),
    },
    { heading: 'Could not be read', branches: topology.unseen.map((what) => leaf(what)) },
  ]
  return sections.filter(({ branches }, index) => index === 0 || branches.length > 0)
}

class View {
  readonly #devices: ReadonlyMap<string, BlockDeviceNode>
  readonly #sessions: ReadonlyMap<number, IscsiSessionNode>
  readonly #topology: BlockTopology

  constructor(topology: BlockTopology) {
    this.#topology = topology
    this.#devices = new Map(topology.devices.map((device) => [device.name, device]))
    this.#sessions = new Map(topology.sessions.map((session) => [session.session, session]))
  }
  /**
   * Devices that are built on no other device, and maps, which are built on their paths. Leaves out unused loop and RAM devices, which have
   * no size.
   */
  roots(): BlockDeviceNode[] {
    const { devices } = this.#topology
    const paths = new Set(devices.flatMap((device) => (isMap(device) ? device.slaves : [])))
    return devices.filter(
      (device) =>
        device.disk === undefined &&
        !paths.has(device.name) &&
        (isMap(device) || (device.sizeBytes > 0 && !device.slaves.some((name) => this.#devices.has(name)))),
    )
  }
  volume(device: BlockDeviceNode): Branch {
    const own = isMap(device) || device.paths.length > 0 ? device.paths.map((path) => this.#path(path)) : this.#onlyPath(device)
    return { cells: this.#cells(device), below: [...own, ...this.#uses(device, new Set([device.name]))] }
  }
  session({ session, target, portal, host, iface, state, attachments }: IscsiSessionNode): Branch {
    const disks = this.#topology.devices.filter((device) => device.session === session).map(({ name }) => name)
    const whose = attachments.map(({ id, owner }) => `${id} (${owner})`).join(', ')
    return {
      cells: [`[${session}]`, target, portal, state, `host${host}`, iface, disks.length === 0 ? 'no disk' : disks.join(' '), whose],
      below: [],
    }
  }

  #cells(device: BlockDeviceNode): string[] {
    const { name, sizeBytes, readOnly, hctl, wwid, dmName, dmSuspended, backingFile, serial, attachments } = device
    const paths = isMap(device) ? device.slaves.map((slave) => this.#devices.get(slave)?.hctl) : [hctl]
    const scsi = this.#topology.scsiDevices.find((each) => paths.includes(each.hctl))
    const product = scsi === undefined ? '' : `${scsi.vendor ?? ''} ${scsi.model ?? ''}`.trim()
    const title = dmName === undefined || dmName === wwid ? name : `${name} (${dmName})`
    const facts = [dmSuspended === true ? 'suspended' : '', backingFile ?? '', wwid === undefined ? (serial ?? '') : '']
    return [
      title,
      formatSize(sizeBytes),
      readOnly ? 'ro' : 'rw',
      wwid ?? '',
      product,
      facts.filter((fact) => fact !== '').join(', '),
      attachments.map(({ id, owner, state }) => `${state === 'attached' ? 'attachment' : state} ${id} (${owner})`).join(', '),
    ]
  }
  /** A disk in no map is its own path. A disk of this machine has no path to show. */
  #onlyPath(device: BlockDeviceNode): Branch[] {
    return device.session === undefined && device.remotePort === undefined ? [] : [this.#path({ name: device.name })]
  }
  #path({ name, state, group, controller }: PathNode): Branch {
    const device = this.#devices.get(name)
    const scsi = this.#topology.scsiDevices.find(({ hctl }) => hctl === device?.hctl)
    const session = device?.session === undefined ? undefined : this.#sessions.get(device.session)
    const port = this.#topology.remotePorts.find((each) => each.name === device?.remotePort)
    const via = this.#topology.controllers.find((each) => each.name === controller)
    const transport =
      session !== undefined
        ? [session.portal, `session ${session.session}`, session.state, session.target]
        : port !== undefined
          ? [port.portName ?? '', port.name, port.state ?? '', '']
          : via !== undefined
            ? [via.address ?? '', via.name, via.state, via.transport]
            : []
    return {
      cells: [
        `path ${name}`,
        state ?? '',
        group === undefined ? '' : `group ${group}`,
        ...(scsi === undefined ? ['', '', ''] : [scsi.hctl, `LUN ${scsi.lun}`, scsi.state]),
        ...transport,
      ],
      below: [],
    }
  }
  /** The contents of a device: file system or swap, partitions, and devices built on it. */
  #uses(device: BlockDeviceNode, above: ReadonlySet<string>): Branch[] {
    const type = device.udev?.properties['ID_FS_TYPE']
    const label = device.udev?.properties['ID_FS_LABEL']
    const places = device.mounts.map(({ where, readOnly, pid, command }) =>
      [
        `mounted on ${where}`,
        readOnly ? '(ro)' : '',
        pid === undefined ? '' : `by process ${pid}${command === undefined ? '' : ` (${command})`}`,
      ]
        .filter((word) => word !== '')
        .join(' '),
    )
    const fsType = type ?? device.mounts[0]?.fsType
    const content = [fsType ?? '', label === undefined ? '' : `"${label}"`, ...places, device.swap ? 'in use as swap' : '']
    const said = content.filter((word) => word !== '')
    const next = [...device.partitions, ...device.holders].flatMap((name) => {
      const each = this.#devices.get(name)
      return each === undefined || above.has(name) || isMap(each) ? [] : [each]
    })
    return [
      ...(said.length === 0 ? [] : [{ cells: [said.join('  ')], below: [] }]),
      ...next.map((each) => ({ cells: this.#cells(each), below: this.#uses(each, new Set([...above, each.name])) })),
    ]
  }
}

function isMap({ dmUuid }: BlockDeviceNode): boolean {
  return dmUuid?.startsWith('mpath-') === true
}
