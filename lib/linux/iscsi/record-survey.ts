/** Reads all node records of a host, in every database and layout that open-iscsi has had: their owner and their login settings. */
import type { Host } from '../../core/host.js'
import { normalAddress, type Portal } from '../../core/portal.js'
import { DATABASE_ROOTS } from './installation.js'
import { discoveryRecords } from './discovery-record.js'
import { isOurs, ownerOf, recordsOf } from './record.js'
import { parseRecord } from './settings-file.js'

export interface SurveyedRecord {
  readonly path: string
  readonly target: string
  readonly portal: Portal
  readonly iface: string
  /** The record has Brickwork's mark. */
  readonly ours: boolean
  /** The owner written beside the mark. */
  readonly owner: string | undefined
  readonly username: string | undefined
  readonly modifiedMs: number
  /** How long iscsid tries a login with this record. */
  readonly loginTimeoutSec: number
}

/** open-iscsi's compiled default of `node.conn[0].timeo.login_timeout`. */
const LOGIN_TIMEOUT_SEC = 15

export async function surveyRecords(host: Host): Promise<SurveyedRecord[]> {
  const found: SurveyedRecord[] = []
  for (const root of DATABASE_ROOTS) {
    for (const target of await host.files.list(`${root}/nodes`)) {
      for (const portal of portalsIn(await host.files.list(`${root}/nodes/${target}`)))
        for (const path of await recordsOf(host, root, target, portal)) found.push(...(await readRecord(host, path, target, portal)))
    }
    for (const path of await discoveryRecords(host, root)) found.push(...(await ourDiscovery(host, path)))
  }
  return found
}

/** `10.0.0.1,3260` or `10.0.0.1,3260,1`: each portal once. */
function portalsIn(names: readonly string[]): Portal[] {
  const portals = names.flatMap((name): [string, Portal][] => {
    const [address, port] = name.split(',')
    if (address === undefined || !(Number(port) > 0)) return []
    const portal = { address: normalAddress(address), port: Number(port) }
    return [[`${portal.address} ${portal.port}`, portal]]
  })
  return [...new Map(portals).values()]
}

/** A discovery record belongs to no target. Records that a crash left incomplete count too: they may contain the secret. */
async function ourDiscovery(host: Host, path: string): Promise<SurveyedRecord[]> {
  const [portal = { address: '', port: 0 }] = portalsIn([path.slice(path.lastIndexOf('/') + 1)])
  return (await readRecord(host, path, '', portal)).filter(({ ours }) => ours)
}

async function readRecord(host: Host, path: string, target: string, portal: Portal): Promise<SurveyedRecord[]> {
  const [content, stat] = await Promise.all([host.files.read(path), host.files.stat(path)])
  if (content === undefined || stat === undefined) return [] // it was deleted during the query
  const values = parseRecord(content)
  return [
    {
      path,
      target,
      portal,
      iface: values.get('iface.iscsi_ifacename') ?? 'default',
      ours: isOurs(content),
      owner: ownerOf(content),
      username: values.get('node.session.auth.username'),
      modifiedMs: stat.modifiedMs,
      loginTimeoutSec: Number(values.get('node.conn[0].timeo.login_timeout') ?? LOGIN_TIMEOUT_SEC),
    },
  ]
}
