/** What a connection comes to on this host: each way to the volume with its portal. */
import type { Operation } from '../../attach/operation.js'
import type { IscsiConnection, IscsiTarget } from '../../connection/types.js'
import { isBrickworkError } from '../../core/errors.js'
import { formatPortal, portalOf } from '../../core/portal.js'
import { surveyRecords } from '../../linux/iscsi/record-survey.js'
import { readSessions } from '../../linux/iscsi/session.js'
import type { Target } from './objects.js'
import { discovered } from './send-targets.js'
import { targetsOf } from './targets.js'

/** The same connection with every portal named. `any`: one portal is enough, so nobody is asked for more of them. */
export async function waysOf(operation: Operation, connection: IscsiConnection, wanted: 'all' | 'any'): Promise<IscsiConnection> {
  const { discovery, ...rest } = connection
  const named = rest.targets.filter(({ portal }) => portal !== undefined)
  const complete = named.length === rest.targets.length
  if (discovery === undefined || (complete && wanted === 'any')) return rest
  const found = await discovered(operation, discovery, rest.targets).catch((error: unknown) => {
    operation.signal.throwIfAborted()
    if (!complete || !isBrickworkError(error)) throw error
    operation.note('the portals that the connection names are used: no others could be discovered', { error: error.message })
    return []
  })
  const targets = unique([...named, ...found])
  const ways = targetsOf({ ...rest, targets })
  await operation.update({ ways: ways.map(({ iqn, portal, lun }) => ({ iqn, portal: formatPortal(portal), lun: String(lun) })) })
  return { ...rest, targets }
}

/**
 * For a detach: what the host has of it, without asking anybody. Where portals are left to a discovery these are all places at which the
 * host has sessions or records of the target.
 */
export async function waysThere(operation: Operation, connection: IscsiConnection): Promise<Target[]> {
  const { discovery, ...rest } = connection
  if (discovery === undefined) return targetsOf(rest)
  const { host, signal } = operation
  const [sessions, records] = [await readSessions(host, signal), await surveyRecords(host)]
  const places = [...sessions, ...records].map(({ target, portal }) => ({ target, portal: formatPortal(portal) }))
  const there = rest.targets.flatMap(({ iqn, lun }) =>
    places.filter(({ target }) => target === iqn).map(({ portal }) => ({ iqn, portal, lun })),
  )
  const named = rest.targets.filter(({ portal }) => portal !== undefined)
  return targetsOf({ ...rest, targets: unique([...named, ...there]) })
}

/** A target and portal counts once, whoever names it first. */
function unique(targets: readonly IscsiTarget[]): IscsiTarget[] {
  const key = ({ iqn, portal = '' }: IscsiTarget) => `${iqn} ${formatPortal(portalOf(portal))}`
  return [...new Map([...targets].reverse().map((target) => [key(target), target])).values()].reverse()
}
