/** A fake machine with one NVMe subsystem. */
import { type Attacher, type AttachRequest, type Connection, createAttacher } from '../../../lib/index.js'
import { Secret } from '../../../lib/core/secret.js'
import { FakeHost, type FakeHostOptions } from '../../../lib/testing/index.js'
import { namespaceUuid } from '../../../lib/testing/nvme/targets.js'

export const NQN = 'nqn.2014-08.org.example:one'
export const PORTALS = ['10.99.1.1:4420', '10.99.2.1:4420'] as const
export const UUID = namespaceUuid('data')

/** `data` holds ext4 and is namespace 1 of a subsystem with two portals; `other` is no namespace yet. */
export function machine(options: FakeHostOptions = {}): FakeHost {
  const host = new FakeHost({ nvme: '6.1', iscsid: false, ...options })
  host.storage.volume('data', { content: 'ext4' })
  host.storage.volume('other', { content: 'ext4' })
  host.storage.nvme.subsystem({ nqn: NQN, portals: PORTALS, namespaces: { 1: 'data' } })
  return host
}
export async function attacherOn(host: FakeHost, owner = 'default'): Promise<Attacher> {
  return await createAttacher({ host, owner, stateDir: `/var/lib/brickwork-${owner}` })
}
export interface Given extends Partial<Omit<AttachRequest, 'connection'>> {
  readonly portals?: readonly string[]
  readonly namespace?: object
  readonly nqn?: string
  readonly more?: object
}
export function connectionOf({ portals = PORTALS, namespace = { uuid: UUID }, nqn = NQN, more = {} }: Given = {}): Connection {
  return { protocol: 'nvme', nqn, portals: portals.map((portal) => `tcp://${portal}`), namespace, ...more } as unknown as Connection
}
export function requestOf(id = 'vol-1', given: Given = {}): AttachRequest {
  const { expected, policy } = given
  return {
    id,
    connection: connectionOf(given),
    ...(expected === undefined ? {} : { expected }),
    ...(policy === undefined ? {} : { policy }),
  }
}
export interface Attached {
  readonly host: FakeHost
  readonly attacher: Attacher
}
export async function attached(options: FakeHostOptions = {}, given: Given = {}): Promise<Attached & { readonly device: string }> {
  const host = machine(options)
  const attacher = await attacherOn(host)
  const { path } = await attacher.attach(requestOf('vol-1', given))
  return { host, attacher, device: path }
}
export const controllers = (host: FakeHost): string[] => host.names('/sys/class/nvme')
/** What a host has of NVMe, of claims and of the journal, without what every attacher makes. */
export function leftovers(host: FakeHost): string[] {
  const nodes = host.names('/dev').filter((name) => /^(nvme\d|ng\d)/.test(name))
  const entries = host.names('/var/lib/brickwork-default').filter((name) => name.endsWith('.json'))
  const claims = host.names('/run/brickwork/claims').filter((name) => name.endsWith('.json'))
  return [...controllers(host), ...host.names('/sys/class/nvme-subsystem'), ...nodes, ...entries, ...claims]
}
/** Connects as another program would, by a process of its own. */
export async function foreign(host: FakeHost, options: string): Promise<string> {
  const outcome = await host.process().kernel.connectFabrics(new Secret(options), new AbortController().signal)
  if (outcome.outcome === 'failed') return outcome.errno
  await outcome.controller.keep()
  await host.clock.advance(50)
  return `nvme${outcome.instance}`
}
