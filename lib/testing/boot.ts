import type { Machine } from './machine.js'
import { type Base, baseOf } from './machine/base.js'
import { BlockDevices } from './block/block-devices.js'
import { LowestFree } from './block/numbers.js'
import { DeviceMapper } from './mapper/device-mapper.js'
import { claims } from './multipathd/claims.js'
import { Multipathd } from './multipathd/multipathd.js'
import { layIscsiBoot } from './iscsi/iscsi-layout.js'
import { IscsiKernel } from './iscsi/iscsi-kernel.js'
import { Iscsid } from './iscsi/iscsid.js'
import { ScsiKernel } from './scsi/scsi-kernel.js'
import { FlockTable } from './machine/flock-table.js'
import { layBoot } from './machine/layout.js'
import { Processes } from './machine/processes.js'
import { Udev } from './machine/udev.js'
import { Uevents } from './machine/uevents.js'
import { Users } from './machine/users.js'

/** Everything that lives from one start of the machine to the next. */
export class Boot {
  readonly machine: Machine
  readonly number: number
  readonly base: Base
  readonly processes: Processes
  readonly uevents: Uevents
  readonly udev: Udev
  readonly blocks: BlockDevices
  readonly scsi: ScsiKernel
  readonly iscsi: IscsiKernel
  readonly iscsid: Iscsid
  readonly users: Users
  readonly mapper: DeviceMapper
  readonly multipathd: Multipathd
  readonly flocks = new FlockTable()

  constructor(machine: Machine, number: number) {
    this.machine = machine
    this.number = number
    this.processes = new Processes(machine.tree, (namespace) => this.users.mountinfo(namespace))
    this.uevents = new Uevents(machine.ledger, machine.timeline)
    this.base = baseOf(machine, {
      uevents: this.uevents,
      processes: this.processes,
      isCurrent: () => machine.boot === this,
      pathsChanged: () => this.pathsChanged(),
    })
    const minors = new LowestFree()
    this.blocks = new BlockDevices(this.base)
    this.users = new Users(this.base, { blocks: this.blocks, minors, isPath: (block) => this.mapper.holds(block) })
    this.mapper = new DeviceMapper(this.base, {
      blocks: this.blocks,
      users: this.users,
      minors,
      onRemoved: (map) => this.multipathd.mapGone(map),
    })
    this.udev = new Udev(this.base, {
      blocks: this.blocks,
      mapper: this.mapper,
      diskBehind: (block) => this.scsi.diskBehind(block),
      claims: (block, wwid) => claims(this.multipathd, block, wwid),
    })
    this.scsi = new ScsiKernel(this.base, { blocks: this.blocks, users: this.users })
    this.iscsi = new IscsiKernel(this.base, {
      scsi: this.scsi,
      targets: machine.storage.iscsi,
      network: machine.network,
      daemon: () => this.iscsid,
    })
    this.iscsid = new Iscsid(this)
    this.multipathd = new Multipathd({
      base: this.base,
      tools: machine.multipath,
      blocks: this.blocks,
      scsi: this.scsi,
      mapper: this.mapper,
      users: this.users,
    })
  }
  start(): void {
    layBoot(this.base, { number: this.number, swaps: () => this.users.swaps() })
    layIscsiBoot(this.base)
    if (this.machine.settings.udevd) this.udev.start()
    if (this.machine.settings.iscsid) this.iscsid.start()
    if (this.machine.settings.multipathd === 'running') this.multipathd.start()
  }
  /** Something happened that may let a path work or fail: of most of it no uevent tells. */
  pathsChanged(): void {
    this.multipathd.checker.look()
  }
  /** A delay that ends only on this boot. */
  after(ms: number, act: () => void): void {
    this.base.after(ms, act)
  }
  wait(ms: number): Promise<void> {
    return this.base.wait(ms)
  }
}
