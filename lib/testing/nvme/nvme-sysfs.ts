/** What sysfs and /dev have of NVMe (drivers/nvme/host/sysfs.c, multipath.c, fabrics.c). */
import type { Base } from '../machine/base.js'
import type { Controller } from './controller.js'
import type { Ids } from './ids.js'
import type { Head, Path, Subsystem } from './subsystem.js'

export const FABRICS = '/dev/nvme-fabrics'
const MODEL = 'Linux'.padEnd(40)
const SERIAL = 'fa1e5e71a1'.padEnd(20)

/** The part that the kernel's modules create when they are loaded. */
export function layNvmeBoot({ tree }: Base): void {
  for (const name of ['nvme', 'nvme-subsystem', 'nvme-generic']) tree.directory(`/sys/class/${name}`)
  for (const module of ['nvme_core', 'nvme_fabrics', 'nvme_tcp']) tree.directory(`/sys/module/${module}`)
  tree.file('/sys/module/nvme_core/parameters/multipath', 'Y')
  tree.directory('/sys/devices/virtual/nvme-fabrics/ctl')
  tree.device(FABRICS, 'character', '10:125')
}

export interface ControllerWrites {
  readonly delete: () => Promise<void>
  readonly rescan: () => Promise<void>
}
export function layController({ tree }: Base, controller: Controller, writes: ControllerWrites): void {
  const { directory, name, options, host } = controller
  const lossMs = options.maxReconnects * options.reconnectDelayMs
  const attributes: Readonly<Record<string, string | (() => string)>> = {
    transport: 'tcp',
    // Until the subsystem is identified, the kernel prints through a pointer that is not set.
    subsysnqn: () => controller.subsystem?.nqn ?? '(efault)',
    model: () => (controller.subsystem === undefined ? '(efault)' : MODEL),
    serial: () => (controller.subsystem === undefined ? '(efault)' : SERIAL),
    cntrltype: () => (controller.subsystem === undefined ? 'reserved' : 'io'),
    cntlid: () => String(controller.cntlid),
    state: () => controller.state,
    address: () => addressOf(controller),
    hostnqn: host.nqn,
    hostid: () => host.id,
    dev: `240:${controller.instance}`,
    kato: String(options.keepAliveMs / 1000),
    reconnect_delay: String(options.reconnectDelayMs / 1000),
    ctrl_loss_tmo: options.maxReconnects < 0 ? 'off' : String(lossMs / 1000),
  }
  for (const [file, text] of Object.entries(attributes)) tree.file(`${directory}/${file}`, text)
  const once = (): Promise<void> => {
    // The kernel removes the attribute before anything else.
    tree.remove(`${directory}/delete_controller`)
    return writes.delete()
  }
  tree.file(`${directory}/delete_controller`, '', { mode: 0o200, onWrite: () => (controller.started ? once() : writes.delete()) })
  tree.file(`${directory}/rescan_controller`, '', { mode: 0o200, onWrite: writes.rescan })
  tree.relativeLink(`/sys/class/nvme/${name}`, directory)
  tree.relativeLink(`${directory}/subsystem`, '/sys/class/nvme')
  tree.device(`/dev/${name}`, 'character', `240:${controller.instance}`)
}
function addressOf({ options: { traddr, trsvcid, hostTraddr, hostIface }, state }: Controller): string {
  const local = [
    ...(hostTraddr === undefined ? [] : [`host_traddr=${hostTraddr}`]),
    ...(hostIface === undefined ? [] : [`host_iface=${hostIface}`]),
  ]
  const used = state === 'live' ? [`src_addr=${hostTraddr ?? (traddr.includes(':') ? 'fd99::1:1' : '10.99.0.1')}`] : []
  return [`traddr=${traddr}`, `trsvcid=${trsvcid}`, ...local, ...used].join(',')
}
export function clearController({ tree }: Base, { directory, name }: Controller): void {
  for (const path of [`/sys/class/nvme/${name}`, `/dev/${name}`, directory]) tree.remove(path)
}

/** What each uevent of a controller says. It has no NQN. */
export function eventProperties({ options, name }: Controller): Readonly<Record<string, string>> {
  return {
    DEVNAME: name,
    NVME_TRTYPE: 'tcp',
    NVME_TRADDR: options.traddr,
    NVME_TRSVCID: options.trsvcid,
    NVME_HOST_TRADDR: options.hostTraddr ?? 'none',
    NVME_HOST_IFACE: options.hostIface ?? 'none',
  }
}

export function laySubsystem({ tree }: Base, subsystem: Subsystem): void {
  const { directory, name, nqn } = subsystem
  for (const [file, text] of Object.entries({ subsysnqn: nqn, model: MODEL, serial: SERIAL, firmware_rev: '6.1.0' }))
    tree.file(`${directory}/${file}`, text)
  const setPolicy = (value: string): Promise<void> => {
    subsystem.ioPolicy = value.trim()
    return Promise.resolve()
  }
  tree.file(`${directory}/iopolicy`, () => subsystem.ioPolicy, { onWrite: setPolicy })
  tree.relativeLink(`/sys/class/nvme-subsystem/${name}`, directory)
}
export function clearSubsystem({ tree }: Base, { directory, name }: Subsystem): void {
  for (const path of [`/sys/class/nvme-subsystem/${name}`, directory]) tree.remove(path)
}

/** A hidden path. Its directory comes and goes without a uevent. */
export function layPath({ tree }: Base, path: Path): void {
  const { directory, name } = path
  const attributes: Readonly<Record<string, string | (() => string)>> = {
    ...attributesOf(path.ids, path.nsid),
    size: () => String(path.sectors),
    ro: '0',
    hidden: '1',
    ana_state: () => path.anaState,
    ana_grpid: String(path.group),
    'queue/logical_block_size': '512',
  }
  for (const [file, text] of Object.entries(attributes)) tree.file(`${directory}/${file}`, text)
  for (const link of [`/sys/block/${name}`, `/sys/class/block/${name}`]) tree.relativeLink(link, directory)
}
export function clearPath({ tree }: Base, { directory, name }: Path): void {
  for (const path of [`/sys/block/${name}`, `/sys/class/block/${name}`, directory]) tree.remove(path)
}

/** The identifiers of a head and its character device. The block device itself is laid by its own model. */
export function layHead({ tree }: Base, head: Head): void {
  const { directory, subsystem } = head
  for (const [file, text] of Object.entries(attributesOf(head.ids, head.nsid))) tree.file(`${directory}/${file}`, text)
  tree.link(`${directory}/device`, `../../${subsystem.name}`)
  const generic = genericOf(head)
  tree.file(`${generic.directory}/dev`, head.character)
  tree.relativeLink(`/sys/class/nvme-generic/${generic.name}`, generic.directory)
  tree.device(`/dev/${generic.name}`, 'character', head.character)
}
export function clearHead({ tree }: Base, head: Head, directory: string): void {
  const { name } = genericOf(head)
  for (const path of [`/sys/class/nvme-generic/${name}`, `/dev/${name}`, `${directory.slice(0, directory.lastIndexOf('/'))}/${name}`])
    tree.remove(path)
}
function genericOf(head: Head): { readonly name: string; readonly directory: string } {
  const name = head.name.replace(/^nvme/, 'ng')
  return { name, directory: head.directory.replace(/[^/]+$/, name) }
}

/** Attributes of zeros are hidden. Without a UUID, the kernel shows the NGUID in its place. */
function attributesOf({ uuid, nguid, eui64 }: Ids, nsid: number): Readonly<Record<string, string>> {
  const shown = nguid?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const either = uuid ?? shown
  return {
    nsid: String(nsid),
    wwid: wwidOf({ uuid, nguid, eui64 }, nsid),
    ...(either === undefined ? {} : { uuid: either }),
    ...(shown === undefined ? {} : { nguid: shown }),
    ...(eui64 === undefined ? {} : { eui: eui64.replaceAll(/(..)(?=.)/g, '$1 ') }),
  }
}
function wwidOf({ uuid, nguid, eui64 }: Ids, nsid: number): string {
  if (uuid !== undefined) return `uuid.${uuid}`
  const eui = nguid ?? eui64
  if (eui !== undefined) return `eui.${eui}`
  const hex = (text: string): string => Buffer.from(text.trim()).toString('hex')
  return `nvme.0000-${hex(SERIAL)}-${hex(MODEL)}-${nsid.toString(16).padStart(8, '0')}`
}
