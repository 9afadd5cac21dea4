/** Resolves the paths of a connection: each gets the address of its portal. */
import type { Operation } from '../../operation/operation.js'
import { noAddress } from '../../operation/resolve-name.js'
import type { IscsiConnection, IscsiTarget } from '../../api/connection.js'
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatPortal, parsePortal, canonicalPortal } from '../../core/portal.js'
import { surveyRecords } from '../../linux/iscsi/record-survey.js'
import { readSessions } from '../../linux/iscsi/session.js'
import { addressesOf } from './resolve-portal.js'
import { discovered } from './send-targets.js'
import { type IscsiPath, ifacesOf, namedPaths } from './named-paths.js'
import type { Resolved } from '../../scsi/transport.js'

/** @param wanted `any`: one portal is enough, so a complete connection is not discovered. */
export async function resolvePaths(operation: Operation, connection: IscsiConnection, wanted: 'all' | 'any'): Promise<Resolved<IscsiPath>> {
  const { discovery, ...rest } = connection
  const complete = rest.targets.every(({ portal }) => portal !== undefined)
  const discovers = discovery !== undefined && !(complete && wanted === 'any')
  if (!discovers && rest.targets.every(isByAddress) && ifacesOf(rest).length === 1) return { paths: namedPaths(rest), missing: [] }
  const missing: BrickworkError[] = []
  const missed = (error: unknown, note: string) => {
    operation.signal.throwIfAborted()
    if (!isBrickworkError(error)) throw error
    operation.progress.note(note, { error: error.message })
    return error
  }
  const named = await Promise.all(
    rest.targets.map((target) =>
      resolved(operation, target).catch((error: unknown) => {
        missing.push(missed(error, 'a portal has no address now: this path is missing'))
        return []
      }),
    ),
  )
  const found = !discovers
    ? []
    : await discovered(operation, discovery, rest.targets).catch((error: unknown) => {
        if (!complete || named.flat().length === 0) throw error
        missed(error, 'no other portals could be discovered: using those that the connection names')
        return []
      })
  const targets = unique([...named.flat(), ...found])
  const [first] = missing
  if (targets.length === 0 && first !== undefined) throw first
  const paths = namedPaths({ ...rest, targets })
  const resolvedPaths = paths.map(({ iqn, portal, lun }) => ({ iqn, portal: formatPortal(portal), lun: String(lun) }))
  const without = missing.map(({ details }) => ({ iqn: '', portal: String(details['name']), lun: '' }))
  await operation.claim.update({ paths: [...resolvedPaths, ...without] })
  return { paths, missing }
}

/**
 * The paths on this host, for a detach. Asks no name server and no portal. If the connection leaves portals to names or a discovery,
 * returns all places where the host has sessions or records of the target.
 */
export async function pathsOnHost({ host, signal }: Operation, connection: IscsiConnection): Promise<IscsiPath[]> {
  const { discovery, ...rest } = connection
  const byAddress = rest.targets.filter(isByAddress)
  if (discovery === undefined && rest.targets.every((target) => isByAddress(target) || target.portal === '')) return namedPaths(rest)
  const [sessions, records] = [await readSessions(host, signal), await surveyRecords(host)]
  const places = [...sessions, ...records].map(({ target, portal }) => ({ target, portal: formatPortal(portal) }))
  const loose = discovery === undefined ? rest.targets.filter((target) => !isByAddress(target)) : rest.targets
  const there = loose.flatMap(({ iqn, lun }) => places.filter(({ target }) => target === iqn).map(({ portal }) => ({ iqn, portal, lun })))
  return namedPaths({ ...rest, targets: unique([...byAddress, ...there]) })
}

function isByAddress({ portal }: IscsiTarget): boolean {
  return portal !== undefined && parsePortal(portal) !== undefined
}
async function resolved(operation: Operation, { portal, iqn, lun }: IscsiTarget): Promise<IscsiTarget[]> {
  if (portal === undefined) return []
  if (portal === '') throw noAddress('', `A portal of ${iqn} has no address: the path is missing`)
  return (await addressesOf(operation, portal)).map((each) => ({ iqn, portal: formatPortal(each), lun }))
}
/** Keeps the first of equal targets and portals. */
function unique(targets: readonly IscsiTarget[]): IscsiTarget[] {
  const key = ({ iqn, portal = '' }: IscsiTarget) => `${iqn} ${canonicalPortal(portal) ?? ''}`
  const keys = targets.map(key)
  return targets.filter((target, index) => keys.indexOf(key(target)) === index)
}
