/** The volumes that multipath-tools remember. */
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen } from '../operation/host-check.js'

const FILE = '/etc/multipath/wwids'
const MOST_SHOWN = 5
/** A WWID from a NAA or EUI designator, which the kernel always shows too. Others depend on rules of udev. */
const COMPARABLE = /^[23][0-9a-f]{16,32}$/

export const knownWwidChecks: readonly HostCheck[] = [
  {
    id: 'multipath.wwids',
    group: 'multipath',
    title: 'multipath-tools remember no volume that is gone',
    reads: `\`${FILE}\`, \`/sys/bus/scsi/devices\``,
    run: knownWwids,
  },
]

/** `/36001405…/` (libmultipath/wwids.c) */
async function knownWwids(context: CheckContext): Promise<Finding> {
  const text = await context.host.files.read(FILE)
  if (text === undefined) return ok('multipath-tools remember no volume', [seen(FILE, text)])
  const wwids = [...text.matchAll(/^\/([^/\n]+)\/$/gm)].map(([, wwid = '']) => wwid)
  const { scsiDevices, devices } = await context.once(hostTopology)
  const present = new Set([...scsiDevices, ...devices].map(({ wwid }) => wwid))
  const stale = wwids.filter((wwid) => COMPARABLE.test(wwid) && !present.has(wwid))
  const evidence = [seen(FILE, `${wwids.length} volumes`), ...stale.slice(0, MOST_SHOWN).map((wwid) => seen(FILE, wwid))]
  return stale.length === 0
    ? ok('Every volume that multipath-tools remember is there', evidence)
    : note(
        `multipath-tools remember ${stale.length} of ${wwids.length} volumes that are not there now`,
        evidence,
        'If none of them comes back, keep only those that have a map now (multipath -W)',
      )
}
