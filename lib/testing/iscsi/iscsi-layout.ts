/** The files that a Debian machine has of open-iscsi before any session exists. */
import type { FileTree } from '../files/file-tree.js'
import type { LastingBase } from '../machine/base.js'
import type { Settings } from '../settings.js'
import { layProgram } from '../machine/layout.js'

/** The shipped iscsid.conf, as far as it affects records that are created with `-o new`. */
const ISCSID_CONF = `node.startup = manual
node.leading_login = No
node.session.timeo.replacement_timeout = 120
node.conn[0].timeo.login_timeout = 15
node.conn[0].timeo.logout_timeout = 15
node.conn[0].timeo.noop_out_interval = 5
node.conn[0].timeo.noop_out_timeout = 5
node.session.initial_login_retry_max = 8
node.session.cmds_max = 128
node.session.queue_depth = 32
node.session.nr_sessions = 1
node.session.scan = auto`

/** Logs out when it stops. */
const UNIT = '/lib/systemd/system/open-iscsi.service'

/** The lasting part: the files on the machine's own disk. */
export function layIscsiDisk({ tree, settings }: LastingBase): void {
  tree.directory(`${settings.recordRoot}/nodes`, 0o700)
  tree.directory(`${settings.recordRoot}/send_targets`, 0o700)
  if (settings.secondDatabase !== 'absent') laySecondDatabase(tree, settings)
  tree.file('/etc/iscsi/initiatorname.iscsi', `## DO NOT EDIT OR REMOVE THIS FILE!\nInitiatorName=${settings.initiatorName}`, {
    mode: 0o600,
  })
  tree.file('/etc/iscsi/iscsid.conf', ISCSID_CONF, { mode: 0o600 })
  for (const program of ['iscsiadm', 'iscsid']) layProgram(tree, program)
  tree.file(UNIT, '# shipped')
  tree.link('/etc/systemd/system/sysinit.target.wants/open-iscsi.service', UNIT)
  tree.file('/var/lib/dpkg/status', packages(settings))
}

function packages({ openIscsiVersion, multipathd }: Settings): string {
  const installed = [`open-iscsi ${openIscsiVersion}`, ...(multipathd === 'absent' ? [] : ['multipath-tools 0.9.4'])]
  return installed
    .map((each) => each.split(' '))
    .map(([name, version]) => `Package: ${name ?? ''}\nStatus: install ok installed\nVersion: ${version ?? ''}-1\n`)
    .join('\n')
}

function laySecondDatabase(tree: FileTree, { recordRoot, secondDatabase }: Settings): void {
  const root = recordRoot === '/etc/iscsi' ? '/var/lib/iscsi' : '/etc/iscsi'
  for (const part of ['nodes', 'send_targets', 'ifaces']) tree.directory(`${root}/${part}`, 0o700)
  const record = `${root}/nodes/iqn.2004-10.example:second/192.0.2.1,3260,1/default`
  if (secondDatabase === 'with a record')
    tree.file(record, '# BEGIN RECORD 2.0-873\nnode.name = iqn.2004-10.example:second', { mode: 0o600 })
}

/** The part that the kernel's modules create at each boot. */
export function layIscsiBoot({ tree }: { readonly tree: FileTree }): void {
  for (const name of ['iscsi_session', 'iscsi_connection', 'iscsi_host']) tree.directory(`/sys/class/${name}`)
  for (const module of ['iscsi_tcp', 'scsi_transport_iscsi']) tree.directory(`/sys/module/${module}`)
  tree.directory('/run/lock/iscsi', 0o770)
}
