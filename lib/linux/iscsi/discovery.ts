/** SendTargets by iscsiadm(8), in the mode that prints targets and does not create or change records. */
import { BrickworkError, type ErrorCode } from '../../core/errors.js'
import type { CommandResult, Host } from '../../core/host.js'
import { formatPortal, normalAddress, type Portal } from '../../core/portal.js'
import { iscsiadm } from './iscsiadm.js'

export interface DiscoveredPortal {
  readonly target: string
  readonly portal: Portal
}

/** Uses open-iscsi's default settings, or those that the discovery database has for this portal. */
export async function sendTargets(host: Host, portal: Portal, by: 'defaults' | 'record', signal: AbortSignal): Promise<CommandResult> {
  const mode = by === 'record' ? ['discoverydb', '--discover'] : ['discovery']
  const [name = '', ...more] = mode
  const argv = ['iscsiadm', '-m', name, '-t', 'sendtargets', '-p', formatPortal(portal), ...more, '-o', 'nonpersistent'] as const
  return await iscsiadm(host, argv, signal)
}

/**
 *     10.99.1.1:3260,1 iqn.2004-10.example:target
 *     [fd99::1]:3260,1 eui.0123456789abcdef
 */
export function parseDiscovered(stdout: string): DiscoveredPortal[] {
  return stdout.split('\n').flatMap((line) => {
    const match = /^\[?([0-9A-Za-z.:-]+?)\]?:([0-9]+),-?[0-9]+ ((?:iqn|eui|naa)\.\S+)$/.exec(line.trim())
    if (match?.[1] === undefined || match[3] === undefined) return []
    return [{ target: match[3], portal: { address: normalAddress(match[1]), port: Number(match[2]) } }]
  })
}

/** Exit codes of usr/iscsi_err.h that a discovery may end with. */
const TRANSPORT = 4
const LOGIN_FAILED = 5
const CONNECT_TIMEOUT = 8
const PDU_TIMEOUT = 11
const FATAL_LOGIN = 19
const NO_OBJECTS_FOUND = 21
const LOGIN_AUTH_FAILED = 24
const FAILURES: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map<number, readonly [ErrorCode, string]>([
  [TRANSPORT, ['ERR_TARGET_UNREACHABLE', 'the portal closed the connection']],
  [LOGIN_FAILED, ['ERR_AUTHENTICATION', 'the portal does not allow this initiator to discover targets']],
  [CONNECT_TIMEOUT, ['ERR_TARGET_UNREACHABLE', 'no answer']],
  [PDU_TIMEOUT, ['ERR_TARGET_UNREACHABLE', 'the portal accepts connections but does not answer']],
  [FATAL_LOGIN, ['ERR_AUTHENTICATION', 'the portal does not allow this initiator to discover targets']],
  [NO_OBJECTS_FOUND, ['ERR_TARGET_NOT_FOUND', 'the portal lists no target for this initiator']],
  [LOGIN_AUTH_FAILED, ['ERR_AUTHENTICATION', 'the portal refused the CHAP credentials of the discovery or this initiator']],
])

export function discoveryError(portal: Portal, { exitCode, stderr }: CommandResult): BrickworkError {
  const [code, why] = FAILURES.get(exitCode) ?? (['ERR_TOOL_FAILED', `iscsiadm ended with exit code ${exitCode}`] as const)
  return new BrickworkError(code, `Discovery at ${formatPortal(portal)} failed: ${why}`, {
    details: { portal: formatPortal(portal), exitCode, stderr: stderr.trim().slice(-500) },
  })
}
