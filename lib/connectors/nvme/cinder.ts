/** An NVMe volume as OpenStack Cinder describes it, in each of its four forms (os-brick, initiator/connectors/nvmeof.py, NVMeOFConnProps). */
import type * as zod from 'zod'
import { z } from '../../connection/zod.js'
import type { NvmePortal } from '../../api/nvme-connection.js'
import { accessOfCinder, cinderAccess, cinderError, parseCinderData } from '../../connection/cinder.js'
import type { CinderForm } from '../../connection/form.js'
import { BrickworkError } from '../../core/errors.js'
import { lazy } from '../../core/lazy.js'

/** Made when the first volume is converted. */
const schemas = lazy(() => {
  const value = z.union([z.string(), z.number()])
  const text = z.string().nullish()
  /** Address, port, transport. Some drivers add more, which has no meaning here. */
  const portals = z.array(z.array(z.unknown())).nullish()
  const identifiers = { vol_uuid: text, volume_nguid: text, ns_id: value.nullish() }
  const target = z.object({ target_nqn: text, portals, ...identifiers, host_nqn: text })
  const data = target.extend({
    volume_replicas: z.array(target).nullish(),
    replica_count: z.int().min(0).nullish(),
    nqn: text,
    target_portal: text,
    target_port: value.nullish(),
    transport_type: text,
    ...cinderAccess(),
  })
  return { target, data }
})
type Data = zod.infer<ReturnType<typeof schemas>['data']>
type Target = zod.infer<ReturnType<typeof schemas>['target']>

/** Words that Cinder's drivers use, in lower case. */
const TRANSPORTS: ReadonlyMap<string, NvmePortal['transport']> = new Map([
  ['tcp', 'tcp'],
  ['rdma', 'rdma'],
  ['rocev1', 'rdma'],
  ['rocev2', 'rdma'],
  ['iwarp', 'rdma'],
  ['fc', 'fc'],
])

export const nvmeCinder: CinderForm = {
  types: ['nvmeof', 'nvme'],
  parse: (_, properties) => {
    const parsed = parseCinderData(schemas().data, properties)
    return { ...connectionOf(parsed), ...accessOfCinder(parsed.access_mode) }
  },
}

function connectionOf(given: Data): object {
  const { volume_replicas: replicas } = given
  if (replicas != null) return connectionOfTarget(onlyReplica(given, replicas), 'volume_replicas[0].')
  if (given.target_nqn != null) return connectionOfTarget(given, '')
  const { nqn, target_portal: address, target_port: port, transport_type: transport } = given
  if (nqn == null) throw cinderError('target_nqn', 'is missing')
  if (address == null) throw cinderError('target_portal', 'is missing')
  return {
    protocol: 'nvme',
    nqn,
    portals: [portalOf([address, port ?? undefined, transport ?? undefined], ['target_portal', 'target_port', 'transport_type'])],
    // This form has no uuid: `vol_uuid` would be Cinder's own name of the volume.
    ...volumeOf({ ...given, vol_uuid: undefined }, 'volume_nguid'),
  }
}
/** Several replicas are the parts of a RAID array (md), which is not created here. */
function onlyReplica({ replica_count: count }: Data, replicas: readonly Target[]): Target {
  const [only, ...others] = replicas
  if (only === undefined) throw cinderError('volume_replicas', 'must name a replica')
  const many = Math.max(replicas.length, count ?? 0)
  if (others.length > 0 || many > 1)
    throw new BrickworkError('ERR_UNSUPPORTED', `volume_replicas: ${many} replicas need a RAID array, which is not supported`, {
      details: { field: 'volume_replicas' },
    })
  return only
}
function connectionOfTarget(given: Target, at: string): object {
  const { target_nqn: nqn, portals: listed } = given
  if (nqn == null) throw cinderError(`${at}target_nqn`, 'is missing')
  if (listed == null || listed.length === 0) throw cinderError(`${at}portals`, 'must name at least one portal')
  const named = listed.map((portal, index) => {
    const field = `${at}portals[${index}]`
    return portalOf(portal, [field, field, field])
  })
  const texts = named.map((portal) => JSON.stringify(portal))
  return {
    protocol: 'nvme',
    nqn,
    portals: named.filter((_, index) => texts.indexOf(texts[index] ?? '') === index),
    ...volumeOf(given, `${at}vol_uuid`),
  }
}
function portalOf([address, port, word]: readonly unknown[], fields: readonly [string, string, string]): NvmePortal {
  if (typeof address !== 'string') throw cinderError(fields[0], 'must begin with an address')
  const number = port === undefined ? undefined : portNumber(port)
  if (Number.isNaN(number)) throw cinderError(fields[1], 'must have a port from 1 to 65535')
  const transport = typeof word === 'string' ? TRANSPORTS.get(word.toLowerCase()) : undefined
  if (transport === undefined) throw cinderError(fields[2], `must have one of the transports ${[...TRANSPORTS.keys()].join(', ')}`)
  const bare = address.replace(/^\[(.*)\]$/, '$1')
  return { transport, address: bare, ...(number === undefined || transport === 'fc' ? {} : { port: number }) }
}
function portNumber(port: unknown): number {
  const number = typeof port === 'string' && /^[0-9]{1,5}$/.test(port) ? Number(port) : port
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= 65_535 ? number : Number.NaN
}
/** All identifiers that are given, and the name of the host. */
function volumeOf({ vol_uuid: uuid, volume_nguid: nguid, ns_id: nsid, host_nqn: host }: Target, field: string): object {
  if (uuid == null && nguid == null && nsid == null)
    throw cinderError(field, 'is missing, and so are the other identifiers: nothing says which namespace is the volume')
  return {
    namespace: { ...(uuid == null ? {} : { uuid }), ...(nguid == null ? {} : { nguid }), ...(nsid == null ? {} : { nsid }) },
    ...(host == null ? {} : { host: { nqn: host } }),
  }
}
