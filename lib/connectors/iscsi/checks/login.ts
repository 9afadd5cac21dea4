/** The doctor's check of a login: credentials, and whether the target lets this host in. */
import type { BrickworkError } from '../../../core/errors.js'
import {
  type CheckContext,
  type Finding,
  type HostCheck,
  note,
  ok,
  problem,
  seen,
  unknown,
  warning,
} from '../../../operation/host-check.js'

export const loginChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.login',
    group: 'iscsi',
    title: 'this host may log in to every target of the connection',
    reads: 'a login to each portal without a session, and a logout',
    only: 'login',
    run: login,
  },
]

async function login({ connection, tryPaths }: CheckContext): Promise<Finding> {
  if (connection?.protocol !== 'iscsi' || tryPaths === undefined) return unknown('Only a connection of iSCSI can be logged in to')
  const { paths, remaining } = await tryPaths()
  const evidence = paths.map(({ path, outcome }) =>
    seen(path, typeof outcome === 'string' ? WORDS[outcome] : `${outcome.code}: ${firstLine(outcome)}`),
  )
  if (remaining !== undefined)
    return warning(`A login could not be undone: ${remaining}`, evidence, 'Remove what is left (brickwork recover)')
  const failures = paths.flatMap(({ outcome }) => (typeof outcome === 'string' ? [] : [outcome]))
  const [first] = failures
  if (first === undefined)
    return paths.every(({ outcome }) => outcome === 'was up')
      ? note('Every portal has a session already, which was left alone', evidence)
      : ok('This host may log in', evidence)
  const advice = ADVICE[first.code] ?? 'Read the message of the failed login, and the log of iscsid (journalctl -u iscsid)'
  return failures.length === paths.length
    ? problem(first.code, `No login succeeds: ${firstLine(first)}`, evidence, advice)
    : warning(`${failures.length} of ${paths.length} logins fail: ${firstLine(first)}`, evidence, advice)
}
const WORDS = { connected: 'logged in and out again', 'was up': 'has a session, which was left alone' } as const
const ADVICE: Readonly<Record<string, string>> = {
  ERR_AUTHENTICATION: 'Compare the CHAP user and secret of the connection with those of the target',
  ERR_TARGET_NOT_FOUND: "Allow this host's initiator name (brickwork identity) at the target, and check its IQN",
  ERR_TARGET_UNREACHABLE: 'Check that the portal serves iSCSI, and routes and firewalls (see iscsi.portals and iscsi.routes)',
}
function firstLine({ message }: BrickworkError): string {
  return message.split('\n')[0] ?? ''
}
