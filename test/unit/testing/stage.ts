/** A fake machine with one target, and helpers for its tests. */
import type { CommandResult, ScsiReply, WriteOutcome } from '../../../lib/core/host.js'
import { FakeHost, type FakeHostOptions } from '../../../lib/testing/index.js'

export const IQN = 'iqn.2004-10.example:storage'
export const PORTAL = '10.99.1.1:3260'
export const signal: AbortSignal = new AbortController().signal

export interface StageOptions extends FakeHostOptions {
  readonly chap?: { readonly username: string; readonly secret: string }
}
export function stage({ chap, ...options }: StageOptions = {}): FakeHost {
  const host = new FakeHost(options)
  host.storage.volume('one', { content: 'ext4' })
  host.storage.volume('two')
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'one', 2: 'two' }, ...(chap === undefined ? {} : { chap }) })
  return host
}

export function run(host: FakeHost, ...argv: [string, ...string[]]): Promise<CommandResult> {
  return host.commands.run(argv, { signal, onAbort: 'leave' })
}
export function iscsiadm(host: FakeHost, line: string): Promise<CommandResult> {
  return run(host, 'iscsiadm', ...line.split(' '))
}

/** Writes a record in the flat layout, as a library would. */
export function record(host: FakeHost, more: Readonly<Record<string, string>> = {}, portal = PORTAL, iqn = IQN): string {
  const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(portal) ?? []
  const values = {
    'node.name': iqn,
    'node.conn[0].address': address,
    'node.conn[0].port': port,
    'node.session.scan': 'manual',
    'node.session.initial_login_retry_max': '1',
    'node.conn[0].timeo.login_timeout': '5',
    'node.session.timeo.replacement_timeout': '7',
    ...more,
  }
  const path = `/etc/iscsi/nodes/${iqn}/${address},${port}`
  host.put(
    path,
    Object.entries(values)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
    { mode: 0o600 },
  )
  return path
}
export function login(host: FakeHost, portal = PORTAL, iqn = IQN): Promise<CommandResult> {
  return iscsiadm(host, `-m node -T ${iqn} -p ${portal} --login`)
}
/** Logs in a session without a disk. */
export async function loggedIn(host: FakeHost, more: Readonly<Record<string, string>> = {}): Promise<void> {
  record(host, more)
  const { exitCode } = await login(host)
  if (exitCode !== 0) throw new Error(`login ended with ${exitCode}`)
}
export function scan(host: FakeHost, value: string, scsiHost = 0): Promise<WriteOutcome> {
  const directory = `/sys/class/scsi_host/host${scsiHost}`
  return host.kernel.write({ directory, guards: [], attribute: 'scan', value, waits: 'bounded' }, signal)
}
/** Writes to an attribute of LUN 1. */
export function tell(host: FakeHost, attribute: string, value = '1', hctl = '0:0:0:1'): Promise<WriteOutcome> {
  const directory = `/sys/bus/scsi/devices/${hctl}`
  return host.kernel.write({ directory, guards: [], attribute, value, waits: 'unbounded' }, signal)
}
export function device(hctl = '0:0:0:1'): string {
  return `/sys/bus/scsi/devices/${hctl}`
}
export function inquiry(host: FakeHost, page?: number): Promise<ScsiReply> {
  const cdb = Uint8Array.of(0x12, page === undefined ? 0 : 1, page ?? 0, 0, 255, 0)
  return host.kernel.scsi({ device: '/dev/sg0', cdb, length: 255, timeoutMs: 5000 }, signal)
}
export function sessions(host: FakeHost): string[] {
  return host.names('/sys/class/iscsi_session')
}
export function state(host: FakeHost, session = 1): string | undefined {
  return host.text(`/sys/class/iscsi_session/session${session}/state`)
}
/** Runs `work` and returns the virtual time that it took. */
export async function took(host: FakeHost, work: () => Promise<unknown>): Promise<number> {
  const from = host.clock.now()
  await work()
  return host.clock.now() - from
}
