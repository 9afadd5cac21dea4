import { formatPortal, normalAddress } from '../../core/portal.js'
import type { Tree } from '../../core/tree.js'
import type { IscsiConnectionNode, IscsiSessionNode } from '../../api/topology.js'
import { DEFAULT_IFACE } from '../iscsi/session.js'
import { below, numbers, switches, targetsOf, word } from './tree.js'

/** A session of a SCSI host; `undefined` while the kernel creates or removes it and shows only some of its parts. */
export function parseSession(tree: Tree, host: number): Omit<IscsiSessionNode, 'attachments'> | undefined {
  const [session] = below(tree, 'iscsi_session')
  const connections = tree.children('connection*').flatMap((each) => below(each, 'iscsi_connection'))
  const target = word(session, 'targetname')
  const portal = portalIn(connections[0], 'persistent_address', 'persistent_port')
  if (session === undefined || target === undefined || portal === undefined) return undefined
  const [group, recovery, initiatorName] = [word(session, 'tpgt'), word(session, 'recovery_tmo'), word(session, 'initiatorname')]
  return {
    session: Number(tree.name.replace(/^session/, '')),
    host,
    target,
    portal,
    iface: word(session, 'ifacename') ?? DEFAULT_IFACE,
    state: word(session, 'state') ?? 'unknown',
    ...(group !== undefined && /^[0-9]+$/.test(group) ? { portalGroup: Number(group) } : {}),
    ...(initiatorName === undefined ? {} : { initiatorName }),
    ...(recovery !== undefined && /^-?[0-9]+$/.test(recovery) ? { recoverySeconds: Number(recovery) } : {}),
    ...numbers(session, { abortSeconds: 'abort_tmo', lunResetSeconds: 'lu_reset_tmo', targetResetSeconds: 'tgt_reset_tmo' }),
    negotiated: {
      ...numbers(session, {
        firstBurstBytes: 'first_burst_len',
        maxBurstBytes: 'max_burst_len',
        maxOutstandingR2t: 'max_outstanding_r2t',
        errorRecoveryLevel: 'erl',
      }),
      ...switches(session, { immediateData: 'immediate_data', initialR2t: 'initial_r2t' }),
    },
    connections: connections.map(parseConnection),
    targets: targetsOf(tree),
  }
}
/** `connection3:0` */
function parseConnection(tree: Tree): IscsiConnectionNode {
  const [portal, state, local] = [portalIn(tree, 'address', 'port'), word(tree, 'state'), word(tree, 'local_ipaddr')]
  return {
    connection: Number(tree.name.split(':')[1] ?? 0),
    ...(portal === undefined ? {} : { portal }),
    ...(state === undefined ? {} : { state }),
    ...(local === undefined ? {} : { localAddress: normalAddress(local) }),
    ...switches(tree, { headerDigest: 'header_digest', dataDigest: 'data_digest' }),
    ...numbers(tree, {
      maxReceiveBytes: 'max_recv_dlength',
      maxTransmitBytes: 'max_xmit_dlength',
      // The kernel's names are misleading: it sends a NOP-Out after `recv_tmo`, and waits `ping_tmo` for the answer.
      noopIntervalSeconds: 'recv_tmo',
      noopTimeoutSeconds: 'ping_tmo',
    }),
  }
}
function portalIn(tree: Tree | undefined, address: string, port: string): string | undefined {
  const [where, number] = [word(tree, address), Number(word(tree, port))]
  return where === undefined || !(number > 0) ? undefined : formatPortal({ address: normalAddress(where), port: number })
}
