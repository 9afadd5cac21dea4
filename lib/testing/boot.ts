import { BlockDevices } from './block/block-devices.js'
import { LowestFree } from './block/numbers.js'
import { FcKernel } from './fc/fc-kernel.js'
import { layIscsiBoot } from './iscsi/iscsi-layout.js'
import { IscsiKernel } from './iscsi/iscsi-kernel.js'
import { ISCSID, Iscsid } from './iscsi/iscsid.js'
import { iscsidSocket } from './iscsi/iscsid-socket.js'
import { type Base, baseOf, type LastingBase } from './machine/base.js'
import type { DaemonSocket } from './machine/daemon-socket.js'
import { FlockTable } from './machine/flock-table.js'
import { layBoot } from './machine/layout.js'
import { Processes } from './machine/processes.js'
import { Udev } from './machine/udev.js'
import { Uevents } from './machine/uevents.js'
import { Users } from './machine/users.js'
import { DeviceMapper } from './mapper/device-mapper.js'
import { claims } from './multipathd/claims.js'
import type { MultipathTools } from './multipathd/config.js'
import { Multipathd } from './multipathd/multipathd.js'
import { MULTIPATHD, multipathdSocket } from './multipathd/socket.js'
import type { ModelContext } from './model.js'
import { NvmeKernel } from './nvme/nvme-kernel.js'
import { ScsiKernel } from './scsi/scsi-kernel.js'
import type { Network } from './storage/network.js'
import type { Storage } from './storage/storage.js'

/** The parts around a boot, which outlast it. */
export interface Surroundings extends LastingBase {
  readonly network: Network
  readonly storage: Storage
  readonly multipath: MultipathTools
}

/** One boot of the machine, with every model that starts over at each boot. */
export class Boot implements ModelContext {
  readonly number: number
  readonly base: Base
  readonly network: Network
  readonly storage: Storage
  readonly blocks: BlockDevices
  readonly users: Users
  readonly mapper: DeviceMapper
  readonly udev: Udev
  readonly scsi: ScsiKernel
  readonly iscsi: IscsiKernel
  readonly iscsid: Iscsid
  readonly nvme: NvmeKernel
  readonly fc: FcKernel
  readonly multipathd: Multipathd
  readonly sockets: Map<string, DaemonSocket>
  readonly flocks: FlockTable
  readonly onStorageChange: ModelContext['onStorageChange'] = (listener) => void this.#storageListeners.push(listener)
  readonly #storageListeners: (() => void)[] = []
  #over = false

  constructor(surroundings: Surroundings, number: number) {
    const { network, storage, multipath, ledger, timeline, tree } = surroundings
    this.number = number
    this.flocks = new FlockTable(() => timeline.now)
    this.network = network
    this.storage = storage
    const base = baseOf(surroundings, {
      uevents: new Uevents(ledger, timeline),
      processes: new Processes(tree, (namespace) => this.users.mountinfo(namespace)),
      isCurrent: () => !this.#over,
      pathsChanged: () => this.multipathd.checker.schedule(),
    })
    this.base = base
    const minors = new LowestFree()
    const blocks = new BlockDevices(base)
    this.blocks = blocks
    this.users = new Users(base, { blocks, mapper: () => this.mapper })
    this.mapper = new DeviceMapper(base, { blocks, users: this.users, minors, onRemoved: (map) => this.multipathd.mapGone(map) })
    this.scsi = new ScsiKernel(base, { blocks, users: this.users })
    const iscsi = { scsi: this.scsi, targets: storage.iscsi, network }
    this.iscsi = new IscsiKernel(base, { ...iscsi, daemon: () => this.iscsid })
    this.onStorageChange(() => this.iscsi.transportChanged())
    this.iscsid = new Iscsid(base, { ...iscsi, kernel: this.iscsi })
    this.nvme = new NvmeKernel(base, { targets: storage.nvme, network, blocks, users: this.users })
    this.onStorageChange(() => this.nvme.transportChanged())
    this.fc = new FcKernel(base, { targets: storage.fc, scsi: this.scsi })
    this.onStorageChange(() => this.fc.transportChanged())
    this.multipathd = new Multipathd({ base, tools: multipath, blocks, scsi: this.scsi, mapper: this.mapper, users: this.users })
    this.udev = new Udev(base, {
      blocks,
      mapper: this.mapper,
      diskBehind: (block) => this.scsi.diskBehind(block),
      claims: (block, properties) => claims(this.multipathd, block, properties),
    })
    this.sockets = new Map([
      [ISCSID, iscsidSocket(base, { kernel: this.iscsi, daemon: this.iscsid })],
      [MULTIPATHD, multipathdSocket(this.multipathd)],
    ])
  }
  start(): void {
    const { settings } = this.base
    layBoot(this.base, { number: this.number, swaps: () => this.users.swaps() })
    layIscsiBoot(this.base)
    this.nvme.start()
    this.fc.start()
    if (settings.udevd) this.udev.start()
    if (settings.iscsid) this.iscsid.start()
    if (settings.multipathd === 'running') this.multipathd.start()
  }
  storageChanged(): void {
    for (const listener of this.#storageListeners) listener()
  }
  /** The machine is switched off: no delay of this boot ends any more. */
  end(): void {
    this.#over = true
  }
}
