/** Actions of an administrator with iscsiadm, sysfs, dmsetup and multipathd. They do not use the library. */
import type { FakeHost } from '../../../lib/testing/index.js'

const signal = new AbortController().signal
const MULTIPATHD = '/org/kernel/linux/storage/multipathd'
/** After this time the kernel can open a new disk. udev needs longer to describe it. */
const DISK_MS = 20

export async function run(host: FakeHost, ...argv: [string, ...string[]]): Promise<void> {
  const { exitCode, stderr } = await host.commands.run(argv, { signal, onAbort: 'leave' })
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`)
}
/** Logs in through the record that exists. */
export function logIn(host: FakeHost, iqn: string, portal: string): Promise<void> {
  return run(host, 'iscsiadm', '-m', 'node', '-T', iqn, '-p', portal, '--login')
}
export function logOut(host: FakeHost, session: number): Promise<void> {
  return run(host, 'iscsiadm', '-m', 'session', '-r', String(session), '-u')
}
export async function addDisk(host: FakeHost, hctl: string): Promise<void> {
  await scan(host, hctl)
  await host.clock.advance(DISK_MS)
}
export function scan(host: FakeHost, hctl: string): Promise<void> {
  const [scsiHost, channel, id, lun] = hctl.split(':')
  return write(host, `/sys/class/scsi_host/host${scsiHost ?? ''}`, 'scan', `${channel ?? ''} ${id ?? ''} ${lun ?? ''}`)
}
export function removeDisk(host: FakeHost, hctl: string): Promise<void> {
  return write(host, `/sys/bus/scsi/devices/${hctl}`, 'delete', '1')
}
/** From now on multipathd creates a map of this volume's paths by itself. */
export function addWwid(host: FakeHost, wwid: string): Promise<void> {
  return run(host, 'multipath', '-a', wwid)
}
/** Creates the map as dmsetup does, with one path in each group. */
export async function createMap(host: FakeHost, name: string, uuid: string, paths: readonly string[]): Promise<void> {
  const attribute = (path: string, file: string) => host.text(`/sys/class/block/${path}/${file}`) ?? ''
  const groups = paths.map((path) => ` service-time 0 1 1 ${attribute(path, 'dev')} 1`)
  const parameters = `0 1 alua ${groups.length} 1${groups.join('')}`
  const sectors = Number(attribute(paths[0] ?? '', 'size'))
  const created = await host.kernel.createMap({ name, uuid, sectors, readOnly: false, parameters }, signal)
  if (created !== 'created') throw new Error(`The map ${name} was not created: ${created}`)
}
export async function removeMap(host: FakeHost, uuid: string): Promise<void> {
  const removed = await host.kernel.removeMap(uuid, signal)
  if (removed !== 'removed') throw new Error(`The map ${uuid} was not removed: ${removed}`)
}
export async function addMap(host: FakeHost, name: string): Promise<void> {
  const answer = await askMultipathd(host, `add map ${name}`)
  if (answer !== 'ok\n') throw new Error(`multipathd did not create the map ${name}: ${answer}`)
}
export async function askMultipathd(host: FakeHost, command: string): Promise<string> {
  const text = new TextEncoder().encode(`${command}\0`)
  const bytes = new Uint8Array(8 + text.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return new TextDecoder().decode(await host.kernel.exchange({ socket: MULTIPATHD, bytes, reply: 'framed' }, signal)).replace(/\0$/, '')
}
async function write(host: FakeHost, directory: string, attribute: string, value: string): Promise<void> {
  const { outcome } = await host.kernel.write({ directory, guards: [], attribute, value, waits: 'bounded' }, signal)
  if (outcome !== 'written') throw new Error(`${directory}/${attribute}: ${outcome}`)
}
