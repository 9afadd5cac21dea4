/** A path that came back over a new nexus leaves the records of its old one. They name nothing any more. */
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { DISK, nexusKeyOf } from '../disk/objects.js'
import type { Transport } from '../transport.js'

/** Forgets nexuses that the host no longer has, and their disks, as far as another nexus of the entry is at their place. */
export async function forgetReplaced(operation: Operation, transport: Transport): Promise<void> {
  const kind = transport.own?.nexus.kind
  const nexuses = operation.claim.entry.objects.filter((object) => object.kind === kind)
  const there = await Promise.all(nexuses.map(async ({ key }) => (await transport.place(operation, key)) !== undefined))
  const isReplaced = (nexus: HostObject) =>
    nexuses.some((other, index) => there[index] === true && other.key !== nexus.key && placeInText(other) === placeInText(nexus))
  const replaced = new Set(nexuses.filter((nexus, index) => there[index] === false && isReplaced(nexus)).map(({ key }) => key))
  if (replaced.size === 0) return
  const objects = operation.claim.entry.objects.filter(
    (object) => !replaced.has(object.key) && !(object.kind === DISK && replaced.has(nexusKeyOf(object))),
  )
  await operation.claim.update({ objects })
}

/** All of its data but its own number. */
function placeInText({ data, kind }: HostObject): string {
  return JSON.stringify(Object.entries(data).filter(([name]) => name !== kind))
}
