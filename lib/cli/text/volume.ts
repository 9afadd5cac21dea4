/** A volume with its paths, its contents, and the devices built on it. */
import type { BlockDeviceNode, BlockTopology, IscsiSessionNode, PathNode, ScsiDeviceNode } from '../../index.js'
import { formatSize } from './size.js'
import type { Branch } from './tree.js'

export const VOLUME_HEADINGS = ['NAME', 'MAJ:MIN', 'TYPE', 'TRAN', 'SIZE', 'ACCESS', 'WWID', 'PRODUCT', 'MORE', 'ATTACHMENT']

export class VolumeView {
  readonly #devices: ReadonlyMap<string, BlockDeviceNode>
  readonly #sessions: ReadonlyMap<number, IscsiSessionNode>
  readonly #scsi: ReadonlyMap<string, ScsiDeviceNode>
  readonly #topology: BlockTopology

  constructor(topology: BlockTopology) {
    this.#topology = topology
    this.#devices = new Map(topology.devices.map((device) => [device.name, device]))
    this.#sessions = new Map(topology.sessions.map((session) => [session.session, session]))
    this.#scsi = new Map(topology.scsiDevices.map((device) => [device.hctl, device]))
  }
  /** Devices that are built on no other device, and maps, which are built on their paths. */
  roots(): BlockDeviceNode[] {
    const { devices } = this.#topology
    const paths = new Set(devices.flatMap((device) => (isMap(device) ? device.slaves : [])))
    return devices.filter(
      (device) =>
        device.disk === undefined && !paths.has(device.name) && (isMap(device) || !device.slaves.some((name) => this.#devices.has(name))),
    )
  }
  /** Devices that are on this one or built on it. A map appears above its paths only. */
  above({ partitions, holders }: BlockDeviceNode): BlockDeviceNode[] {
    return [...partitions, ...holders].flatMap((name) => {
      const each = this.#devices.get(name)
      return each === undefined || isMap(each) ? [] : [each]
    })
  }
  device(name: string | undefined): BlockDeviceNode | undefined {
    return name === undefined ? undefined : this.#devices.get(name)
  }
  scsiOf(device: BlockDeviceNode | undefined): ScsiDeviceNode | undefined {
    return device?.hctl === undefined ? undefined : this.#scsi.get(device.hctl)
  }
  sessionOf(device: BlockDeviceNode | undefined): IscsiSessionNode | undefined {
    return device?.session === undefined ? undefined : this.#sessions.get(device.session)
  }
  /** The SCSI device of a disk, or of a path of a map. */
  product(device: BlockDeviceNode): ScsiDeviceNode | undefined {
    const names = isMap(device) ? device.slaves : [device.name]
    return names.map((name) => this.scsiOf(this.device(name))).find((scsi) => scsi !== undefined)
  }
  volume(device: BlockDeviceNode): Branch {
    const own = isMap(device) || device.paths.length > 0 ? device.paths.map((path) => this.#path(path, device)) : this.#onlyPath(device)
    return { cells: this.#cells(device), below: [...mapFacts(device), ...own, ...this.#uses(device, new Set([device.name]))] }
  }

  #cells(device: BlockDeviceNode): string[] {
    const { name, number, type, transport, sizeBytes, readOnly, wwid, dmName, dmSuspended, backingFile, serial, attachments } = device
    const scsi = this.product(device)
    const title = dmName === undefined || dmName === wwid ? name : `${name} (${dmName})`
    const facts = [
      dmSuspended === true ? 'suspended' : '',
      backingFile ?? '',
      wwid === undefined && serial !== undefined ? `serial ${serial}` : '',
      device.partitionEntry?.uuid === undefined ? '' : `PARTUUID ${device.partitionEntry.uuid}`,
    ]
    return [
      title,
      number,
      type,
      transport ?? '',
      formatSize(sizeBytes),
      readOnly ? 'ro' : 'rw',
      wwid ?? '',
      scsi === undefined ? '' : `${scsi.vendor ?? ''} ${scsi.model ?? ''}`.trim(),
      facts.filter((fact) => fact !== '').join(', '),
      attachments.map(({ id, owner, state }) => `${state === 'attached' ? '' : `${state} `}${id} (${owner})`).join(', '),
    ]
  }
  /** A disk in no map is its own path. A disk of this machine has no path to show. */
  #onlyPath(device: BlockDeviceNode): Branch[] {
    return device.session === undefined && device.remotePort === undefined ? [] : [this.#path({ name: device.name }, device)]
  }
  #path(path: PathNode, { map }: BlockDeviceNode): Branch {
    const { name, state, group, failures, checkerState, priority, controller } = path
    const device = this.device(name)
    const scsi = this.scsiOf(device)
    const session = this.sessionOf(device)
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
    const groupState = group === undefined ? undefined : map?.groups[group - 1]?.state
    return {
      cells: [
        `path ${name}`,
        device?.number ?? '',
        state ?? '',
        checkerState ?? '',
        group === undefined ? '' : `group ${group}${groupState === undefined ? '' : ` ${groupState}`}`,
        priority === undefined ? '' : `prio ${priority}`,
        failures === undefined || failures === 0 ? '' : `failed ${failures} times`,
        ...(scsi === undefined ? ['', '', '', ''] : [scsi.hctl, `LUN ${scsi.lun}`, scsi.state, accessOf(scsi)]),
        ...transport,
      ],
      below: [],
    }
  }
  /** The contents of a device: file system or swap, partitions, and devices built on it. */
  #uses(device: BlockDeviceNode, seen: ReadonlySet<string>): Branch[] {
    const { content, mounts, swap } = device
    const places = mounts.map(({ where, readOnly, pid, command }) =>
      [
        `mounted on ${where}`,
        readOnly ? '(ro)' : '',
        pid === undefined ? '' : `by process ${pid}${command === undefined ? '' : ` (${command})`}`,
      ]
        .filter((word) => word !== '')
        .join(' '),
    )
    const words = [
      content?.type ?? mounts[0]?.fsType ?? '',
      content?.label === undefined ? '' : `"${content.label}"`,
      content?.uuid === undefined ? '' : `UUID ${content.uuid}`,
      content?.partitionTable === undefined ? '' : `${content.partitionTable} partition table`,
      ...places,
      swap ? 'in use as swap' : '',
    ].filter((word) => word !== '')
    return [
      ...(words.length === 0 ? [] : [{ cells: [words.join('  ')], below: [] }]),
      ...this.above(device)
        .filter(({ name }) => !seen.has(name))
        .map((each) => ({ cells: this.#cells(each), below: this.#uses(each, new Set([...seen, each.name])) })),
    ]
  }
}

/** As `multipath -ll` shows it: features, hardware handler, path selector. */
function mapFacts({ map }: BlockDeviceNode): Branch[] {
  if (map === undefined) return []
  const policies = [...new Set(map.groups.map(({ selector }) => selector))].join(', ')
  const facts = [
    `features ${map.features.length === 0 ? 'none' : map.features.join(' ')}`,
    `hardware handler ${map.hardwareHandler ?? 'none'}`,
    policies === '' ? 'no group' : `policy ${policies}`,
  ]
  return [{ cells: [facts.join(', ')], below: [] }]
}
export function accessOf({ accessState, preferred }: ScsiDeviceNode): string {
  return accessState === undefined ? '' : preferred === true ? `${accessState} preferred` : accessState
}
export function isMap({ dmUuid }: BlockDeviceNode): boolean {
  return dmUuid?.startsWith('mpath-') === true
}
