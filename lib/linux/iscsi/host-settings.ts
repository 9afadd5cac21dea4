/** The administrator's session settings in iscsid.conf. open-iscsi copies them only into records that iscsiadm creates. */
import type { Host } from '../../core/host.js'
import { parseRecord } from './settings-file.js'

export const HOST_SETTINGS_FILE = '/etc/iscsi/iscsid.conf'
export const DIGESTS = ['None', 'CRC32C', 'CRC32C,None', 'None,CRC32C'] as const
export const CHAP_ALGORITHMS = ['MD5', 'SHA1', 'SHA256', 'SHA3-256'] as const
export type Digest = (typeof DIGESTS)[number]
export type ChapAlgorithm = (typeof CHAP_ALGORITHMS)[number]

/** Session settings that targets or administrators may require. Absent ones take open-iscsi's compiled default. */
export interface SessionSettings {
  /** How long the kernel holds I/O back after the session is lost, in seconds. 0: not at all; negative: forever. */
  readonly replacementTimeoutSec?: number | undefined
  readonly headerDigest?: Digest | undefined
  readonly dataDigest?: Digest | undefined
  /** In the order in which they are offered. */
  readonly chapAlgorithms?: readonly ChapAlgorithm[] | undefined
}

/** The known settings of the file. Others are left to open-iscsi. */
export async function readHostSettings(host: Host): Promise<SessionSettings> {
  return parseHostSettings((await host.files.read(HOST_SETTINGS_FILE)) ?? '')
}

export function parseHostSettings(text: string): SessionSettings {
  const values = parseRecord(text)
  const timeout = values.get('node.session.timeo.replacement_timeout')
  const digest = (key: string) => DIGESTS.find((each) => each === values.get(`node.conn[0].iscsi.${key}`)?.replaceAll(' ', ''))
  const named = (values.get('node.session.auth.chap_algs') ?? '').split(',').map((each) => each.trim())
  const algorithms = named.flatMap((each) => CHAP_ALGORITHMS.find((known) => known === each) ?? [])
  return {
    replacementTimeoutSec: timeout !== undefined && /^-?[0-9]{1,9}$/.test(timeout) ? Number(timeout) : undefined,
    headerDigest: digest('HeaderDigest'),
    dataDigest: digest('DataDigest'),
    chapAlgorithms: algorithms.length > 0 && algorithms.length === named.length ? algorithms : undefined,
  }
}

/** Settings from the caller take precedence over those of the host. */
export function settingsOver(host: SessionSettings, given: SessionSettings): SessionSettings {
  return {
    replacementTimeoutSec: given.replacementTimeoutSec ?? host.replacementTimeoutSec,
    headerDigest: given.headerDigest ?? host.headerDigest,
    dataDigest: given.dataDigest ?? host.dataDigest,
    chapAlgorithms: given.chapAlgorithms ?? host.chapAlgorithms,
  }
}
