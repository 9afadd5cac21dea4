import type { Machine } from './machine.js'
import { BlockDevices } from './block/block-devices.js'
import { DeviceMapper } from './mapper/device-mapper.js'
import { Multipathd } from './multipathd/multipathd.js'
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
    this.processes = new Processes(machine)
    this.uevents = new Uevents(machine)
    this.udev = new Udev(this)
    this.blocks = new BlockDevices(this)
    this.scsi = new ScsiKernel(this)
    this.iscsi = new IscsiKernel(this)
    this.iscsid = new Iscsid(this)
    this.users = new Users(this)
    this.mapper = new DeviceMapper(this)
    this.multipathd = new Multipathd(this)
  }
  start(): void {
    layBoot(this)
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
    this.machine.timeline.after(ms, () => {
      if (this.machine.boot === this) act()
    })
  }
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(this.machine.delay(ms), resolve))
  }
}
