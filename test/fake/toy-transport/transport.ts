/** A SCSI transport that exists only in tests. It creates nothing: its ports come up by themselves, and the kernel scans them. */
import { BrickworkError } from '../../../lib/core/errors.js'
import { Window } from '../../../lib/core/deadline.js'
import type { Plan } from '../../../lib/core/tree.js'
import { readDisks } from '../../../lib/linux/scsi/disk.js'
import { whenSeen } from '../../../lib/linux/wait.js'
import type { Connector } from '../../../lib/operation/connector.js'
import type { Operation } from '../../../lib/operation/operation.js'
import { scsiConnector } from '../../../lib/scsi/connector.js'
import type { NamedPath, Nexus, Survey, Transport } from '../../../lib/scsi/transport.js'
import { toyForm, toyOf } from './connection.js'
import { PORTS } from './machine.js'

export function createToyConnector(): Connector {
  return scsiConnector(transport)
}

const transport: Transport = {
  form: toyForm,
  adopts: true,
  resolve: (_, connection) => Promise.resolve({ paths: pathsOf(connection), missing: [] }),
  onHost: (_, connection) => Promise.resolve(pathsOf(connection)),
  named: (connection) => (connection.protocol === toyForm.protocol ? pathsOf(connection) : []),
  connect,
  find: (operation, { label }) => readPort(operation, label),
  nexus: (operation, key) => readPort(operation, portOf(key)),
  place: async (operation, key) => (await readPort(operation, portOf(key)))?.place,
  describe: ({ label }, { block, state, hctl }) => ({ device: `/dev/${block?.name ?? ''}`, state, label, hctl }),
  survey,
}

const keyOf = (port: string) => `port ${port}`
const portOf = (key: string) => key.slice('port '.length)

function pathsOf(connection: { readonly protocol: string }): NamedPath[] {
  const { target, ports, lun } = toyOf(connection)
  return ports.map((port) => ({ label: port, target, lun: BigInt(lun) }))
}

/** Waits for the port. The kernel announces changes of its `state`. */
async function connect(operation: Operation, { label, target }: NamedPath, _: unknown, shareMs: number): Promise<Nexus> {
  const { host, signal } = operation
  using watch = await host.events.watch([label])
  using window = new Window(host.clock, shareMs, signal, `port ${label}`)
  try {
    const port = await whenSeen(watch, window.signal, async () => {
      const now = await readPort({ host, signal: window.signal }, label)
      return now?.state === 'online' ? now : undefined
    })
    if (port.target === target) return port
    throw new BrickworkError('ERR_TARGET_NOT_FOUND', `Port ${label} leads to ${port.target}, not to ${target}`)
  } catch (error) {
    if (signal.aborted || !window.signal.aborted) throw error
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Port ${label} did not come up within ${shareMs} ms`, { cause: error })
  }
}

type Port = Nexus & { readonly state: string }
async function readPort({ host, signal }: Pick<Operation, 'host' | 'signal'>, name: string): Promise<Port | undefined> {
  const attributes = ['name', 'state', 'channel', 'target_id']
  const plan: Plan = { root: PORTS, node: { children: [{ pattern: name, follow: true, node: { attributes } }] } }
  const [port] = (await host.kernel.readTree(plan, signal)).children()
  const directory = await host.files.resolve(`${PORTS}/${name}`)
  const scsiHost = /\/host([0-9]+)\//.exec(directory ?? '')?.[1]
  const target = port?.text('name')
  if (port === undefined || directory === undefined || scsiHost === undefined || target === undefined) return undefined
  const place = { directory, host: Number(scsiHost), channel: Number(port.text('channel')), id: Number(port.text('target_id')) }
  const guards = [{ attribute: `device/${name}/name`, equals: target }]
  return { key: keyOf(name), label: name, target, place, guards, state: port.text('state') ?? '' }
}

async function survey(operation: Operation): Promise<Survey> {
  const { host, signal } = operation
  const ports = await Promise.all((await host.files.list(PORTS)).map((name) => readPort(operation, name)))
  const seen = ports
    .filter((port) => port !== undefined)
    .map(async (nexus) => {
      return { nexus, disks: await readDisks(host, nexus.place.directory, signal), objects: [] }
    })
  return {
    nexuses: await Promise.all(seen),
    // It creates no objects, so nothing shows who created a disk that no claim names.
    orphans: () => ({ mine: [], foreign: [], created: [], proof: '' }),
    connection: () => ({ protocol: toyForm.protocol }),
  }
}
