/** The doctor's check of an initiator name that other hosts may have too. */
import { initiatorIn } from '../../../linux/iscsi/installation.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, unknown, warning } from '../../../operation/host-check.js'

const NAME_FILE = '/etc/iscsi/initiatorname.iscsi'
const MACHINE_ID = '/etc/machine-id'
/** Files of one installation are written within a day, in any order. */
const DAY_MS = 86_400_000
/** Names in documentation and sample files: RFC 2606 reserves the domains; `com.domain` is in that of open-iscsi for RHEL. */
const SAMPLE = /^iqn\.[0-9]{4}-[0-9]{2}\.(?:(?:com|net|org)\.example|com\.(?:domain|mycompany|my-company))\b/

export const nameDefaultChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.name-default',
    group: 'iscsi',
    title: 'the initiator name is not one that other hosts have too',
    reads: `\`${NAME_FILE}\`, the age of \`${MACHINE_ID}\``,
    run: nameDefault,
  },
]

/** Two hosts with one name end each other's sessions: a target drops the session that was there before (RFC 7143, 6.3.5). */
async function nameDefault({ host }: CheckContext): Promise<Finding> {
  const name = initiatorIn((await host.files.read(NAME_FILE)) ?? '')
  if (name === undefined) return unknown('There is no initiator name yet; see iscsi.initiator-name', [seen(NAME_FILE, undefined)])
  const evidence = [seen(NAME_FILE, `InitiatorName=${name}`)]
  const advice = `Give this host a name of its own, allow it at the targets, and log in again (echo "InitiatorName=$(iscsi-iname)" > ${NAME_FILE}; systemctl restart iscsid)`
  if (SAMPLE.test(name))
    return warning('The initiator name is one of a sample file: a second host with it would end the sessions of this one', evidence, advice)
  const [own, machine] = await Promise.all([host.files.stat(NAME_FILE), host.files.stat(MACHINE_ID)])
  if (own === undefined || machine === undefined || machine.modifiedMs - own.modifiedMs < DAY_MS)
    return ok('The initiator name is not a known default', evidence)
  return note(
    'The initiator name is older than the id of this machine: it came with an image, and other hosts from this image may have it too',
    [...evidence, seen(NAME_FILE, `written ${Math.floor((machine.modifiedMs - own.modifiedMs) / DAY_MS)} days before ${MACHINE_ID}`)],
    `Compare it with that of another host from the image. ${advice}`,
  )
}
