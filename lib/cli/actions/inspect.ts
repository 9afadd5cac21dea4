import type { Attachment, Inspection } from '../../index.js'
import type { Given, Task } from '../command.js'
import { DEGRADED, degradedLine, factsOf } from '../text/attachment.js'
import { holderLine } from '../text/holder.js'
import { sheet } from '../text/layout.js'
import type { Line } from '../text/toned.js'
import { referenceOf } from './reference.js'

export async function prepareInspect(given: Given): Promise<Task> {
  const reference = await referenceOf(given, 'inspect')
  return async ({ attacher, call }) => {
    const inspection = await (await attacher()).inspect(reference, call)
    return { document: inspection, lines: lines(inspection) }
  }
}

function lines({ id, owner, state, present, path, volume, attachment, holders, unseen }: Inspection): Line[] {
  const where = path === null ? '' : present ? ` as ${path}` : ` as ${path}, which is gone or has changed`
  return sheet(`${id} is ${state}${where}`, [
    ['owner', owner],
    ['volume', volume],
    ...(attachment === null ? [] : factsOf(attachment)),
    [DEGRADED, attachment?.degraded === true ? degradedLine(attachment, volume.length) : undefined],
    ['no path', attachment?.degraded === true ? withoutPath(attachment, volume) : undefined],
    ['used by', attachment === null ? undefined : holders.length === 0 ? 'nobody' : holders.map(holderLine)],
    ['not checked', unseen],
  ])
}

/** The paths that the connection names and the attachment lacks; none if the labels do not show which they are. */
function withoutPath(attachment: Attachment, volume: readonly string[]): readonly string[] {
  const labels = attachment.kind === 'block' ? attachment.paths.map(({ label }) => label) : []
  const missing = volume.filter((line) => !labels.some((label) => line.split(' ').includes(label)))
  return missing.length === volume.length - labels.length ? missing : []
}
