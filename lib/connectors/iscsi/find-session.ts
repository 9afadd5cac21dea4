import type { Operation } from '../../operation/operation.js'
import { readSessionsOf, type Session, samePortal } from '../../linux/iscsi/session.js'
import type { Endpoint } from './objects.js'

export async function findSession({ host, signal }: Operation, target: Endpoint): Promise<Session | undefined> {
  const sessions = await readSessionsOf(host, target.iqn, signal)
  return sessions.find((each) => samePortal(each.portal, target.portal) && each.iface === target.iface)
}
