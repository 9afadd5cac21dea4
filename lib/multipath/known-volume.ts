/** The line of a volume in `/etc/multipath/wwids`. Brickwork adds it only for a map that it creates itself, and removes what it added. */
import { isBrickworkError } from '../core/errors.js'
import { isKnownVolume, makeKnown, makeUnknown } from '../linux/multipath/known-volumes.js'
import { mapOfWwid } from '../linux/multipath/map.js'
import type { HostObject } from '../operation/entry.js'
import { text } from '../operation/object-data.js'
import type { Operation } from '../operation/operation.js'
import type { ReleaseReport } from '../operation/release-report.js'

export const KNOWN_VOLUME = 'known-volume'
const knownVolume = (wwid: string, origin: HostObject['origin']): HostObject => ({
  kind: KNOWN_VOLUME,
  key: `known-volume ${wwid}`,
  origin,
  data: { wwid },
})

/** Makes the volume known to multipath-tools. @returns why they refuse it; `undefined` when they know it. */
export async function ownKnownVolume(operation: Operation, wwid: string): Promise<string | undefined> {
  const { host, signal, claim } = operation
  const { key } = knownVolume(wwid, 'intended')
  return await operation.locked(key, async () => {
    if (await isKnownVolume(host, wwid)) {
      // Another attachment of the volume may have added it. The last attachment removes it.
      if ((await claim.others(key)).length > 0) await claim.own(knownVolume(wwid, 'created'))
      return undefined
    }
    await claim.own(knownVolume(wwid, 'intended'))
    const objection = await makeKnown(host, wwid, signal)
    if (objection === undefined) claim.confirm(knownVolume(wwid, 'created'))
    else await claim.disown(key)
    return objection
  })
}

/** Runs after the removal of the map: multipath-tools must know the volume while a map exists. A failure is only reported. */
export async function releaseKnownVolume(operation: Operation, object: HostObject, report: ReleaseReport): Promise<void> {
  const { host, signal, claim } = operation
  const wwid = text(object.data, 'wwid')
  const what = `${wwid} in /etc/multipath/wwids`
  await operation.locked(object.key, async () => {
    if ((await claim.others(object.key)).length > 0) report.keep(what, 'another attachment uses it')
    else if ((await mapOfWwid(host, wwid, signal)) !== undefined) report.keep(what, 'its map still exists')
    else if (await isKnownVolume(host, wwid)) await forget(operation, wwid, what, report)
    await claim.disown(object.key)
  })
}
async function forget({ host, signal, progress }: Operation, wwid: string, what: string, report: ReleaseReport): Promise<void> {
  try {
    await makeUnknown(host, wwid, signal)
  } catch (error) {
    if (!isBrickworkError(error) || signal.aborted) throw error
    progress.note('multipath -w could not be run', { wwid, error: error.message })
  }
  if (await isKnownVolume(host, wwid)) report.leave(what, `multipath -w ${wwid} did not remove it`)
  else report.check(`${what} is gone`)
}
