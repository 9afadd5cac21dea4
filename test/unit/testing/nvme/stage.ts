/** A fake machine with one NVMe subsystem, and helpers for its tests. */
import { Secret } from '../../../../lib/core/secret.js'
import type { FabricsOutcome, NewController, WriteOutcome } from '../../../../lib/core/host.js'
import { FakeHost, type FakeHostOptions, type NvmeNamespaceDescription } from '../../../../lib/testing/index.js'

export const NQN = 'nqn.2014-08.org.example:one'
export const PORTALS = ['10.99.1.1:4420', '10.99.2.1:4420'] as const
export const HOST_NQN = 'nqn.2014-08.org.nvmexpress:uuid:0a1b2c3d-0000-4000-8000-000000000001'
export const HOST_ID = '0a1b2c3d-0000-4000-8000-000000000001'
export const signal: AbortSignal = new AbortController().signal

export interface NvmeStage extends FakeHostOptions {
  readonly namespaces?: Readonly<Record<number, string | NvmeNamespaceDescription>>
  readonly oneController?: boolean
}
export function stage({ namespaces = { 1: 'one' }, oneController = false, ...options }: NvmeStage = {}): FakeHost {
  const host = new FakeHost({ nvme: '6.1', ...options })
  for (const name of ['one', 'two', 'three']) host.storage.volume(name, { content: 'ext4' })
  host.storage.nvme.subsystem({ nqn: NQN, portals: PORTALS, namespaces, oneController })
  return host
}
export interface ConnectText {
  readonly nqn?: string
  readonly portal?: string
  readonly hostNqn?: string | undefined
  readonly hostId?: string | undefined
  readonly more?: readonly string[]
}
export function optionsOf({ nqn = NQN, portal = PORTALS[0], ...given }: ConnectText = {}): string {
  const { hostNqn, hostId } = { hostNqn: HOST_NQN, hostId: HOST_ID, ...given }
  const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(portal) ?? []
  const pair = [...(hostNqn === undefined ? [] : [`hostnqn=${hostNqn}`]), ...(hostId === undefined ? [] : [`hostid=${hostId}`])]
  return ['transport=tcp', `traddr=${address}`, `trsvcid=${port}`, `nqn=${nqn}`, ...pair, ...(given.more ?? [])].join(',')
}
export function write(host: FakeHost, text: string): Promise<FabricsOutcome> {
  return host.kernel.connectFabrics(new Secret(text), signal)
}
export async function failed(host: FakeHost, text: ConnectText = {}): Promise<string> {
  const outcome = await write(host, optionsOf(text))
  if (outcome.outcome === 'failed') return outcome.errno
  await outcome.controller.keep()
  return `nvme${outcome.instance}`
}
/** Connects, and lets the scan work end. */
export async function connected(host: FakeHost, text: ConnectText = {}): Promise<NewController> {
  const outcome = await write(host, optionsOf(text))
  if (outcome.outcome === 'failed') throw new Error(`connect ended with ${outcome.errno}`)
  await outcome.controller.keep()
  await host.clock.advance(50)
  return outcome.controller
}
export function tell(host: FakeHost, controller: number, attribute: 'delete_controller' | 'rescan_controller'): Promise<WriteOutcome> {
  const directory = `/sys/class/nvme/nvme${controller}`
  return host.kernel.write({ directory, guards: [], attribute, value: '1', waits: 'unbounded' }, signal)
}
export async function rescan(host: FakeHost, ...controllers: readonly number[]): Promise<void> {
  for (const each of controllers) await tell(host, each, 'rescan_controller')
  await host.clock.advance(50)
}
export const state = (host: FakeHost, controller: number): string | undefined => host.text(`/sys/class/nvme/nvme${controller}/state`)
/** Names of heads and of paths, with the start of what identifies them. */
export function heads(host: FakeHost): string[] {
  return host
    .names('/sys/block')
    .filter((name) => /^nvme\d+n\d+$/.test(name))
    .map((name) => `${name} ${(host.text(`/sys/block/${name}/wwid`) ?? '').slice(0, 13)}`)
}
export const paths = (host: FakeHost): string[] => host.names('/sys/block').filter((name) => /c\d+n/.test(name))
