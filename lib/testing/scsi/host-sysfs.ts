/** The directories of a SCSI host (drivers/scsi/hosts.c), and the requests that are written to its `scan`. */
import { kernelError } from '../errno.js'
import type { Base } from '../machine/base.js'
import type { ScsiHost } from './nexus.js'
import { SCSI_DEVICES, writeOnly } from './scsi-sysfs.js'

/** A number, or every number. */
export type Wanted = number | 'any'
/** What a scan looks for. */
export interface ScanRequest {
  readonly channel: Wanted
  readonly targetId: Wanted
  readonly lun: Wanted
}

export function layHost(
  { tree, uevents }: Base,
  host: ScsiHost,
  attributes: Readonly<Record<string, string>>,
  scan: (request: ScanRequest) => Promise<void>,
): void {
  const directory = classDirectory(host)
  tree.relativeLink(`${host.directory}/subsystem`, '/sys/bus/scsi')
  tree.relativeLink(`${SCSI_DEVICES}/host${host.number}`, host.directory)
  uevents.kernel('add', host.directory, 'scsi', { DEVTYPE: 'scsi_host' })
  for (const [name, value] of Object.entries(attributes)) tree.file(`${directory}/${name}`, value)
  tree.relativeLink(`${directory}/device`, host.directory)
  tree.relativeLink(`${directory}/subsystem`, '/sys/class/scsi_host')
  tree.relativeLink(`/sys/class/scsi_host/host${host.number}`, directory)
  uevents.kernel('add', directory, 'scsi_host')
  tree.file(`${directory}/scan`, () => writeOnly, { mode: 0o200, onWrite: async (value) => await scan(parseScan(value)) })
}
export function clearHost({ tree, uevents }: Base, host: ScsiHost): void {
  tree.remove(`/sys/class/scsi_host/host${host.number}`)
  tree.remove(classDirectory(host))
  uevents.kernel('remove', classDirectory(host), 'scsi_host')
  tree.remove(`${SCSI_DEVICES}/host${host.number}`)
  tree.remove(host.directory)
  uevents.kernel('remove', host.directory, 'scsi', { DEVTYPE: 'scsi_host' })
}
function classDirectory({ directory, number }: ScsiHost): string {
  return `${directory}/scsi_host/host${number}`
}

/** `CHANNEL TARGET LUN`, each a number or `-`. */
function parseScan(value: string): ScanRequest {
  const [channel, targetId, lun, ...more] = value.trim().split(/\s+/).map(parseNumber)
  if (channel === undefined || targetId === undefined || lun === undefined || more.length > 0) throw kernelError('EINVAL', 'write', 'scan')
  return { channel, targetId, lun }
}
/** As simple_strtoul: decimal, `0x…`, or octal after a `0`. */
function parseNumber(word: string): Wanted | undefined {
  if (word === '-') return 'any'
  if (/^0x[0-9a-f]+$/i.test(word)) return parseInt(word, 16)
  return /^[0-9]+$/.test(word) ? parseInt(word, word.startsWith('0') ? 8 : 10) : undefined
}
