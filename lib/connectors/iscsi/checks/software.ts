/** The doctor's checks of open-iscsi as it is installed: programs, initiator name, daemon, settings. */
import { attempt } from '../../../linux/attempt.js'
import { findProgram } from '../../../linux/find-program.js'
import { LOCK_DIRECTORY } from '../../../linux/iscsi/record.js'
import { parseRecord } from '../../../linux/iscsi/settings-file.js'
import type { Process } from '../../../linux/processes.js'
import { allProcesses } from '../../../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, problem, seen, warning } from '../../../operation/host-check.js'
import { moduleCheck } from '../../../operation/module-check.js'
import { CONFIGURATION, settings } from './settings.js'

const GROUP = 'iscsi'
const NAME_FILE = '/etc/iscsi/initiatorname.iscsi'
const UNIX_SOCKETS = '/proc/1/net/unix'
const SOCKET = '@ISCSIADM_ABSTRACT_NAMESPACE'
/** iscsiadm itself gives up after 30 s. */
const LOCK_MS = 60_000

export const softwareChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.programs',
    group: GROUP,
    title: 'open-iscsi is installed',
    reads: '`iscsiadm`, `iscsid`',
    run: programs,
  },
  moduleCheck(GROUP, {
    name: 'iscsi_tcp',
    without: 'no login is possible',
    code: 'ERR_TOOL_FAILED',
  }),
  {
    id: 'iscsi.initiator-name',
    group: GROUP,
    title: 'the host has one valid initiator name',
    reads: `\`${NAME_FILE}\``,
    run: initiatorName,
  },
  {
    id: 'iscsi.daemon',
    group: GROUP,
    title: 'iscsid runs, or starts at the first login',
    reads: '`/proc`, `/run/iscsid.pid`, `/proc/1/net/unix`',
    run: daemon,
  },
  {
    id: 'iscsi.one-daemon',
    group: GROUP,
    title: 'only one iscsid runs',
    reads: '`/proc/*/stat`, `/proc/PID/ns/mnt`',
    run: oneDaemon,
  },
  {
    id: 'iscsi.settings',
    group: GROUP,
    title: 'the settings of sessions suit volumes with several paths',
    reads: `\`${CONFIGURATION}\``,
    run: settings,
  },
  {
    id: 'iscsi.lock',
    group: GROUP,
    title: "open-iscsi's lock is free and belongs to root",
    reads: `\`${LOCK_DIRECTORY}\``,
    run: databaseLock,
  },
]

async function programs({ host }: CheckContext): Promise<Finding> {
  const [admin, daemonProgram] = await Promise.all([findProgram(host, 'iscsiadm'), findProgram(host, 'iscsid')])
  const evidence = [seen('iscsiadm', admin), seen('iscsid', daemonProgram)]
  const advice = 'Install open-iscsi (apt-get install open-iscsi; iscsi-initiator-utils on RHEL)'
  if (admin === undefined) return problem('ERR_TOOL_MISSING', 'iscsiadm is not installed', evidence, advice)
  if (daemonProgram === undefined) return problem('ERR_DAEMON_UNREACHABLE', 'iscsid is not installed', evidence, advice)
  return ok('open-iscsi is installed', evidence)
}

/** RFC 3720 3.2.6 */
const VALID_NAME = /^(iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.:_-]+|eui\.[0-9A-Fa-f]{16}|naa\.([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}))$/
async function initiatorName({ host }: CheckContext): Promise<Finding> {
  const text = await host.files.read(NAME_FILE)
  const names = [...(text ?? '').matchAll(/^[ \t]*InitiatorName[ \t]*=[ \t]*(\S*)/gm)].map(([, name = '']) => name)
  const evidence = text === undefined ? [seen(NAME_FILE, undefined)] : names.map((name) => seen(NAME_FILE, `InitiatorName=${name}`))
  const [name, ...more] = names
  if (name === undefined) {
    return /^[ \t]*GenerateName[ \t]*=[ \t]*yes/m.test(text ?? '')
      ? warning(
          'The initiator name has not been generated yet',
          [seen(NAME_FILE, 'GenerateName=yes')],
          'Start iscsid once (systemctl restart iscsid), which generates it',
        )
      : problem(
          'ERR_TOOL_FAILED',
          'The host has no initiator name: no login is possible',
          text === undefined ? evidence : [seen(NAME_FILE, 'no InitiatorName')],
          `Write one (echo "InitiatorName=$(iscsi-iname)" > ${NAME_FILE}; systemctl restart iscsid)`,
        )
  }
  if (more.length > 0)
    return warning(
      'The host has several initiator names; open-iscsi uses the first',
      evidence,
      `Leave one in ${NAME_FILE}, then restart iscsid`,
    )
  return VALID_NAME.test(name) && name.length <= 223
    ? ok('The host has an initiator name', evidence)
    : warning(
        'The initiator name is not valid: targets may refuse it',
        evidence,
        `Write a valid one (iscsi-iname) to ${NAME_FILE}, then restart iscsid`,
      )
}

async function daemon(context: CheckContext): Promise<Finding> {
  const { host } = context
  const pidFile = '/run/iscsid.pid'
  const pid = (await host.files.read(pidFile))?.trim()
  const running = (await context.once(allProcesses)).filter(({ command }) => command === 'iscsid')
  const process = running.find((each) => String(each.pid) === pid) ?? running[0]
  if (process !== undefined) return await runs(context, process)
  const sockets = await attempt(host.files.read(UNIX_SOCKETS))
  const evidence = [seen(pidFile, pid), seen('/proc', 'no process of iscsid')]
  if (sockets?.includes(SOCKET) === true) return ok('iscsid is started by its socket', [...evidence, seen(UNIX_SOCKETS, SOCKET)])
  const startup = parseRecord((await host.files.read(CONFIGURATION)) ?? '').get('iscsid.startup')
  if (startup !== undefined && startup !== '')
    return note('iscsid does not run; iscsiadm starts it at the first login', [
      ...evidence,
      seen(CONFIGURATION, `iscsid.startup = ${startup}`),
    ])
  return problem(
    'ERR_DAEMON_UNREACHABLE',
    'iscsid does not run, and nothing starts it',
    [...evidence, seen(CONFIGURATION, 'iscsid.startup is not set')],
    'Start it (systemctl enable --now iscsid, or iscsid.socket)',
  )
}
async function runs({ host }: CheckContext, { pid, state }: Process): Promise<Finding> {
  const file = `/proc/${pid}`
  const program = await attempt(host.files.readLink(`${file}/exe`))
  const evidence = [seen(`${file}/stat`, state), ...(program === undefined || program === 'refused' ? [] : [seen(`${file}/exe`, program)])]
  if (state === 'T' || state === 't')
    return problem('ERR_DAEMON_UNREACHABLE', 'iscsid is stopped by a signal', evidence, `Continue it (kill -CONT ${pid})`)
  if (program?.endsWith(' (deleted)') === true)
    return warning('iscsid was updated but not restarted', evidence, 'Restart it (systemctl restart iscsid); sessions stay')
  return ok('iscsid runs', evidence)
}

/** iscsid is one process, or two when it logs by a child. Two daemons have different mount namespaces, or none is the other's parent. */
async function oneDaemon(context: CheckContext): Promise<Finding> {
  const all = (await context.once(allProcesses)).filter(({ command }) => command === 'iscsid')
  const namespaces = await Promise.all(all.map(({ pid }) => attempt(context.host.files.readLink(`/proc/${pid}/ns/mnt`))))
  const different = new Set(namespaces.filter((each) => each !== undefined && each !== 'refused'))
  const evidence = all.map(({ pid }, index) => seen(`/proc/${pid}/ns/mnt`, namespaces[index]))
  return different.size > 1
    ? warning(
        'Two iscsid run on this host, in different mount namespaces: the kernel reports each event to both',
        evidence,
        'Run iscsid on the host only, and mount its directories into the container',
      )
    : ok(all.length === 0 ? 'No iscsid runs' : 'One iscsid runs', evidence)
}

const FOR_OTHERS = 0o002
async function databaseLock(context: CheckContext): Promise<Finding> {
  const { host } = context
  const [directory, lock] = await Promise.all([host.files.stat(LOCK_DIRECTORY), host.files.stat(`${LOCK_DIRECTORY}/lock.write`)])
  if (directory === undefined) return ok("open-iscsi's lock directory does not exist yet", [seen(LOCK_DIRECTORY, undefined)])
  const place = seen(LOCK_DIRECTORY, `mode ${directory.mode.toString(8).padStart(4, '0')}, owner ${directory.uid}`)
  if (directory.type !== 'directory' || directory.uid !== 0 || (directory.mode & FOR_OTHERS) !== 0)
    return problem(
      'ERR_STATE',
      `${LOCK_DIRECTORY} does not belong to root alone: another user could hold open-iscsi's lock`,
      [place],
      `Find out who created it (ls -ld ${LOCK_DIRECTORY}), and remove it (rm -r ${LOCK_DIRECTORY}); open-iscsi creates it again`,
    )
  if (lock === undefined) return ok("open-iscsi's lock is free", [place])
  // A hard link to a file that is as old as this boot (usr/idbm.c of open-iscsi, idbm_lock).
  const ageMs = host.clock.wallMs() - lock.changedMs
  const users = (await context.once(allProcesses)).filter(({ command }) => ['iscsiadm', 'iscsistart'].includes(command))
  const evidence = [
    seen(`${LOCK_DIRECTORY}/lock.write`, `held for ${Math.round(ageMs / 1000)} s`),
    ...users.map(({ pid, command }) => seen(`/proc/${pid}`, command)),
  ]
  if (ageMs < LOCK_MS) return ok("open-iscsi's lock is in use", evidence)
  return warning(
    users.length > 0
      ? `iscsiadm has held its lock for ${Math.round(ageMs / 1000)} s: attaches and every other iscsiadm wait for it`
      : "open-iscsi's lock was left by a process that was killed: every iscsiadm waits 30 s and fails",
    evidence,
    users.length > 0
      ? `Find out what it waits for (cat /proc/${users[0]?.pid ?? 'PID'}/stack)`
      : `Remove it (rm ${LOCK_DIRECTORY}/lock.write)`,
  )
}
