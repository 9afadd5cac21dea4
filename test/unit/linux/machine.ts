/** Fake machines for tests of `linux/`. */
import { LinkedSignal } from '../../../lib/core/signal.js'
import { FakeHost, type FakeHostOptions } from '../../../lib/testing/index.js'

/** Never aborts, and any number of calls may wait under it. */
export const forever = new LinkedSignal().signal

export const IQN = 'iqn.2003-01.org.example:t'
export const PORTAL = '192.0.2.1:3260'

export interface LoggedIn {
  readonly host: FakeHost
  /** `/sys/devices/platform/host0/session1` */
  readonly session: string
}
/** A machine with a session to a target that has LUN 1 (ext4), which is scanned in as `sda`. */
export async function withDisk(options: FakeHostOptions = {}): Promise<LoggedIn> {
  const host = new FakeHost(options)
  host.storage.volume('one', { content: 'ext4' })
  return await logIn(host, { 1: 'one' })
}
export async function logIn(host: FakeHost, luns: Readonly<Record<number, string>>, portal = PORTAL): Promise<LoggedIn> {
  host.storage.iscsi.target({ iqn: IQN, portals: [portal], luns })
  await iscsiadm(host, '-m', 'node', '-T', IQN, '-p', `${portal},1`, '-o', 'new')
  await iscsiadm(host, '-m', 'node', '-T', IQN, '-p', portal, '--login')
  await host.clock.advance(200)
  return { host, session: '/sys/devices/platform/host0/session1' }
}
export async function iscsiadm(host: FakeHost, ...words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await host.commands.run(['iscsiadm', ...words], { signal: forever, onAbort: 'leave' })
  if (exitCode !== 0) throw new TypeError(`iscsiadm ${words.join(' ')}: ${stderr}`)
}
