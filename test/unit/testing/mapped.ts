/** A fake machine with multipathd and a target with two portals, and helpers for tests of maps. */
import type { DeviceMapperStatus, Host } from '../../../lib/core/host.js'
import { FakeHost, type FakeHostOptions } from '../../../lib/testing/index.js'
import { IQN, login, PORTAL, record, scan, signal } from './stage.js'

export const SECOND = '10.99.2.1:3260'
const decoder = new TextDecoder()

export interface Mapped {
  readonly host: FakeHost
  /** `36001405…` of the volume `one` */
  readonly wwid: string
}
/** Both sessions are logged in; nothing has been scanned. */
export async function mapped(options: FakeHostOptions = {}): Promise<Mapped> {
  const host = new FakeHost({ multipathd: 'running', ...options })
  const volume = host.storage.volume('one', { content: 'ext4' })
  host.storage.volume('two')
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL, SECOND], luns: { 1: 'one', 2: 'two' } })
  for (const portal of [PORTAL, SECOND]) {
    record(host, {}, portal)
    const { exitCode } = await login(host, portal)
    if (exitCode !== 0) throw new Error(`login ended with ${exitCode}`)
  }
  return { host, wwid: `3${volume.naa ?? ''}` }
}
/** LUN 1 over both sessions, with a map that udev has described. */
export async function withMap(options: FakeHostOptions = {}): Promise<Mapped> {
  const stage = await mapped({ findMultipaths: 'no', ...options })
  await bothPaths(stage.host)
  return stage
}
export async function bothPaths(host: FakeHost): Promise<void> {
  await Promise.all([scan(host, '0 0 1', 0), scan(host, '0 0 1', 1)])
  await host.clock.advance(1000)
}
/** Sends a command to multipathd and returns the answer. */
export async function ask(host: Host, command: string): Promise<string> {
  const text = new TextEncoder().encode(`${command}\0`)
  const bytes = new Uint8Array(8 + text.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  const answer = await host.kernel.exchange({ socket: '/org/kernel/linux/storage/multipathd', bytes, reply: 'framed' }, signal)
  return decoder.decode(answer)
}
export function status(host: Host, wwid: string): Promise<DeviceMapperStatus | undefined> {
  return host.kernel.deviceMapper({ uuid: `mpath-${wwid}`, command: 'status' }, signal)
}
export async function statusLine(host: Host, wwid: string): Promise<string | undefined> {
  return (await status(host, wwid))?.targets[0]?.parameters
}
/** Names of maps. */
export function maps(host: FakeHost): string[] {
  return host
    .names('/sys/block')
    .filter((name) => name.startsWith('dm-'))
    .map((name) => host.text(`/sys/block/${name}/dm/name`) ?? name)
}
/** A property of udev's database. */
export function known(host: FakeHost, name: string, property: string): string | undefined {
  const text = host.text(`/run/udev/data/b${host.text(`/sys/class/block/${name}/dev`) ?? ''}`)
  return new RegExp(`^E:${property}=(.*)$`, 'm').exec(text ?? '')?.[1]
}
