/** An iSCSI session, with what `iscsiadm -m session -P 3` shows of it. */
import type { BlockTopology, IscsiConnectionNode, IscsiSessionNode } from '../../index.js'
import { formatSize } from './size.js'
import type { Branch } from './tree.js'

export function sessionBranch(session: IscsiSessionNode, { devices, hosts }: BlockTopology): Branch {
  const { session: number, target, portal, host, iface, state, attachments } = session
  const disks = devices.filter((device) => device.session === number).map(({ name }) => name)
  const whose = attachments.map(({ id, owner }) => `${id} (${owner})`).join(', ')
  const [connection] = session.connections
  const line = (what: string, facts: readonly string[]) =>
    facts.length === 0 ? [] : [{ cells: [`${what} ${facts.join(', ')}`], below: [] }]
  return {
    cells: [`[${number}]`, target, portal, state, `host${host}`, iface, disks.length === 0 ? 'no disk' : disks.join(' '), whose],
    below: [
      ...line('interface:', interfaceFacts(session, hosts.find((each) => each.host === host)?.iscsi ?? {}, connection)),
      ...line('time-outs:', timeoutFacts(session, connection)),
      ...line('negotiated:', negotiatedFacts(session, connection)),
    ],
  }
}

type HostFacts = NonNullable<BlockTopology['hosts'][number]['iscsi']>

function interfaceFacts(
  { portal, initiatorName }: IscsiSessionNode,
  host: HostFacts,
  connection: IscsiConnectionNode | undefined,
): string[] {
  return named({
    initiator: initiatorName ?? host.initiatorName,
    address: connection?.localAddress ?? host.address,
    'network interface': host.netdev,
    MAC: host.hwaddress,
    // Only where the target has redirected the login.
    'connected to': connection?.portal === portal ? undefined : connection?.portal,
    connection: connection?.state,
  })
}
function timeoutFacts(session: IscsiSessionNode, connection: IscsiConnectionNode | undefined): string[] {
  const { recoverySeconds, abortSeconds, lunResetSeconds, targetResetSeconds } = session
  return named({
    recovery: recoverySeconds !== undefined && recoverySeconds < 0 ? 'none' : seconds(recoverySeconds),
    abort: seconds(abortSeconds),
    'LUN reset': seconds(lunResetSeconds),
    'target reset': seconds(targetResetSeconds),
    'NOP-Out every': seconds(connection?.noopIntervalSeconds),
    'NOP-Out answer': seconds(connection?.noopTimeoutSeconds),
  })
}
function negotiatedFacts({ negotiated }: IscsiSessionNode, connection: IscsiConnectionNode | undefined): string[] {
  return named({
    HeaderDigest: digest(connection?.headerDigest),
    DataDigest: digest(connection?.dataDigest),
    MaxRecvDataSegmentLength: size(connection?.maxReceiveBytes),
    MaxXmitDataSegmentLength: size(connection?.maxTransmitBytes),
    FirstBurstLength: size(negotiated.firstBurstBytes),
    MaxBurstLength: size(negotiated.maxBurstBytes),
    ImmediateData: yesNo(negotiated.immediateData),
    InitialR2T: yesNo(negotiated.initialR2t),
    MaxOutstandingR2T: negotiated.maxOutstandingR2t?.toString(),
    ErrorRecoveryLevel: negotiated.errorRecoveryLevel?.toString(),
  })
}

function named(facts: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
}
const seconds = (value: number | undefined) => (value === undefined ? undefined : `${value} s`)
const size = (value: number | undefined) => (value === undefined ? undefined : formatSize(value))
const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? 'Yes' : 'No')
const digest = (value: boolean | undefined) => (value === undefined ? undefined : value ? 'CRC32C' : 'None')
