/** Node records with Brickwork's mark, and the sessions that were logged in through them, for the doctor. */
import { parsePortal } from '../../../core/portal.js'
import { surveyRecords } from '../../../linux/iscsi/record-survey.js'
import { samePortal } from '../../../linux/iscsi/session.js'
import { hostTopology } from '../../../operation/check-facts.js'
import type { Fact } from '../../../operation/host-check.js'
import type { MarkedObject } from '../../../operation/marked-object.js'
import { loginKey, sessionKey } from '../objects.js'
import { endpointOf, objectOf } from '../session-seen.js'

export const markedByBrickwork: Fact<readonly MarkedObject[]> = async (context) => {
  const [all, { sessions }] = await Promise.all([surveyRecords(context.host), context.once(hostTopology)])
  const records = all
    .filter(({ ours }) => ours)
    .map((record) => ({
      what: `node record ${record.path}`,
      keys: [objectOf(record).key, loginKey(endpointOf(record))],
      owner: record.owner,
    }))
  // A session counts when all records that it may have been logged in through are marked.
  const marked = sessions.flatMap(({ session, target, portal, iface }): MarkedObject[] => {
    const address = parsePortal(portal)
    const own =
      address === undefined ? [] : all.filter((each) => each.target === target && each.iface === iface && samePortal(each.portal, address))
    const [record] = own
    if (record === undefined || !own.every(({ ours }) => ours)) return []
    return [
      {
        what: `session ${session} to ${target} at ${portal}`,
        keys: [sessionKey(session), loginKey(endpointOf(record))],
        owner: record.owner,
      },
    ]
  })
  return [...marked, ...records]
}
