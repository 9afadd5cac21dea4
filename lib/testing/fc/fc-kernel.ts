import { BrickworkError } from '../../core/errors.js'
import type { Base } from '../machine/base.js'
import type { ScsiHost } from '../scsi/nexus.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import { clearLocalPort, clearRemotePort, layLocalPort, layRemotePort } from './fc-sysfs.js'
import { RemotePort, type RemotePortState } from './remote-port.js'
import type { FcTargets } from './targets.js'

interface LocalPort {
  readonly wwpn: string
  readonly wwnn: string
  readonly host: ScsiHost
  /** The port that a virtual port belongs to. */
  readonly parent: LocalPort | undefined
  readonly remote: Map<string, RemotePort>
  isUp: boolean
}
interface Parts {
  readonly targets: FcTargets
  readonly scsi: ScsiKernel
}

/** How long a remote port takes from its appearance to its login as a SCSI target (PRLI). */
export const LOGIN_MS = 20
/** The kernel scans each remote port that logs in, this long after its login. */
export const KERNEL_SCAN_MS = 30

/** The kernel's Fibre Channel: adapters, remote ports with their loss timers, and the scans that the kernel begins by itself. */
export class FcKernel {
  readonly #base: Base
  readonly #parts: Parts
  readonly #ports = new Map<string, LocalPort>()

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
  }
  /** Adds the ports of the machine. @internal */
  start(): void {
    const { fcPorts, scsiScan } = this.#base.settings
    if (fcPorts.length === 0) return
    this.#base.tree.file('/sys/module/scsi_mod/parameters/scan', scsiScan)
    for (const wwpn of fcPorts) this.addPort(wwpn)
  }
  /** Adds a port of the host, as the driver does for each function of an adapter. Its SCSI host gets the lowest free number. */
  addPort(wwpn: string): void {
    const slot = this.#base.settings.fcPorts.indexOf(wwpn)
    this.#add(wwpn, `/sys/devices/pci0000:00/0000:00:02.${slot < 0 ? 7 : slot}`)
  }
  /** Adds a virtual port (NPIV) to a port, as a write to `vport_create` does. */
  addVirtualPort(parent: string, wwpn: string): void {
    const physical = this.#named(parent)
    const number = [...this.#ports.values()].filter((each) => each.parent === physical).length
    this.#add(wwpn, `${physical.host.directory}/vport-${physical.host.number}:0-${number}`, physical)
  }
  /** Removes a port with all of its disks, as an unload of its driver does. Its number is free from then on. */
  async removePort(wwpn: string): Promise<void> {
    const port = this.#named(wwpn)
    for (const remote of port.remote.values()) {
      await this.#parts.scsi.removeNexus(remote)
      clearRemotePort(this.#base, remote)
    }
    this.#ports.delete(wwpn)
    clearLocalPort(this.#base, port.host)
    this.#parts.scsi.removeHost(port.host)
  }
  /** Unplugs the cable of a port of the host, or plugs it in again. */
  setLink(wwpn: string, isUp: boolean): void {
    this.#named(wwpn).isUp = isUp
    this.transportChanged()
  }
  /** The loss times of all remote ports of a port, as an administrator or multipathd sets them. */
  setLossTimes(wwpn: string, times: { readonly devLossSec?: number; readonly fastIoFailSec?: number }): void {
    for (const remote of this.#named(wwpn).remote.values()) {
      remote.devLossSec = times.devLossSec ?? remote.devLossSec
      remote.fastIoFailSec = times.fastIoFailSec ?? remote.fastIoFailSec
    }
  }
  /** Sets an online remote port to `Marginal`, as an administrator may, or back. */
  setMarginal(wwpn: string, remote: string, isMarginal: boolean): void {
    const port = this.#named(wwpn).remote.get(remote)
    if (port !== undefined && port.state !== 'Not Present') port.state = isMarginal ? 'Marginal' : 'Online'
  }
  /** Another program scans all LUNs of a port: `- - -`. */
  async rescan(wwpn: string): Promise<void> {
    for (const remote of this.#named(wwpn).remote.values()) await this.#parts.scsi.scanAll(remote)
  }
  /** The remote port that a port sees now, or saw. */
  remotePort(wwpn: string, remote: string): RemotePort | undefined {
    return this.#named(wwpn).remote.get(remote)
  }
  /** Ports of the fabric come and go. */
  transportChanged(): void {
    for (const port of this.#ports.values()) this.#reconcile(port)
  }

  #add(wwpn: string, parent: string, physical?: LocalPort): void {
    const wwnn = wwpn.replace(/^./, '2')
    const host = this.#parts.scsi.addHost(parent, { proc_name: 'fake_hba', state: 'running' })
    const port: LocalPort = { wwpn, wwnn, host, parent: physical, remote: new Map(), isUp: true }
    this.#ports.set(wwpn, port)
    const state = () => (isUp(port) ? 'Online' : 'Linkdown')
    layLocalPort(this.#base, { host, wwpn, wwnn, isVirtual: physical !== undefined, state })
    this.#reconcile(port)
  }
  #reconcile(port: LocalPort): void {
    const seen = isUp(port) ? this.#parts.targets.seenBy(port.wwpn) : []
    for (const target of seen) {
      const known = port.remote.get(target.wwpn)
      if (known === undefined) this.#logIn(port, target.wwpn)
      else if (known.state === 'Blocked' || known.state === 'Not Present') this.#comeBack(known, target.roles)
      this.#parts.scsi.changed(port.remote.get(target.wwpn) ?? raise(target.wwpn))
    }
    for (const remote of port.remote.values()) if (seen.every(({ wwpn }) => wwpn !== remote.wwpn)) this.#lose(remote)
  }
  #logIn(port: LocalPort, wwpn: string): void {
    const { targets, scsi } = this.#parts
    const { settings } = this.#base
    const target = () => (isUp(port) ? targets.seenBy(port.wwpn).find((each) => each.wwpn === wwpn) : undefined)
    const from = { wwpn: port.wwpn, wwnn: port.wwnn, host: port.host, scansNothing: settings.scsiScan === 'none', target }
    const remote = new RemotePort(from, targets.portNamed(wwpn), port.remote.size)
    port.remote.set(wwpn, remote)
    scsi.addNexus(remote)
    layRemotePort(this.#base, remote)
    this.#completeLogin(remote, targets.portNamed(wwpn).roles)
  }
  #completeLogin(remote: RemotePort, roles: string): void {
    const before = remote.changes
    this.#base.after(LOGIN_MS, () => {
      if (remote.changes !== before) return
      remote.roles = roles
      this.#parts.scsi.changed(remote)
      // fc_scsi_scan_rport: every login of a target is followed by a scan of all its LUNs, unless the administrator has turned that off.
      if (roles.includes('FCP Target') && this.#base.settings.scsiScan === 'async') void this.#parts.scsi.scanAll(remote, KERNEL_SCAN_MS)
    })
  }
  /** Within the loss time the devices are the same. After it they are gone, and the scan finds them as new ones. */
  #comeBack(remote: RemotePort, roles: string): void {
    this.#become(remote, 'Online')
    remote.givenUp = false
    this.#parts.scsi.setState(remote, 'running')
    this.#completeLogin(remote, roles)
    this.#base.pathsChanged()
  }
  #lose(remote: RemotePort): void {
    if (remote.state === 'Blocked' || remote.state === 'Not Present') return
    const { scsi } = this.#parts
    this.#become(remote, 'Blocked')
    scsi.setState(remote, 'blocked')
    scsi.changed(remote)
    const lost = remote.changes
    const later = (seconds: number, act: () => void) =>
      this.#base.after(seconds * 1000, () => {
        if (remote.changes === lost) act()
      })
    const giveUp = () => {
      remote.givenUp = true
      scsi.setState(remote, 'transport-offline')
      scsi.changed(remote)
    }
    if (remote.fastIoFailSec !== undefined) later(remote.fastIoFailSec, giveUp)
    later(remote.devLossSec, () => {
      giveUp()
      this.#become(remote, 'Not Present')
      remote.roles = ''
      for (const disk of scsi.disksOf(remote)) void scsi.remove(disk)
    })
  }
  #become(remote: RemotePort, state: RemotePortState): void {
    remote.state = state
    remote.changes += 1
  }
  #named(wwpn: string): LocalPort {
    return this.#ports.get(wwpn) ?? raise(wwpn)
  }
}

/** A virtual port has the link of its physical port. */
function isUp(port: LocalPort): boolean {
  return port.isUp && (port.parent === undefined || isUp(port.parent))
}
function raise(wwpn: string): never {
  throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no Fibre Channel port ${wwpn}`)
}
