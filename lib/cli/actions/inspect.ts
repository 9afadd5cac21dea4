import type { Inspection } from '../../index.js'
import type { Given, Task } from '../command.js'
import { degradedLine, factsOf } from '../text/attachment.js'
import { holderLine } from '../text/holder.js'
import { sheet } from '../text/layout.js'
import { referenceOf } from './reference.js'

export async function prepareInspect(given: Given): Promise<Task> {
  const reference = await referenceOf(given, 'inspect')
  return async ({ attacher, call }) => {
    const inspection = await (await attacher()).inspect(reference, call)
    return { document: inspection, lines: lines(inspection) }
  }
}

function lines({ id, owner, state, present, path, volume, attachment, holders, unseen }: Inspection): string[] {
  const where = path === null ? '' : present ? ` as ${path}` : ` as ${path}, which is gone or has changed`
  return sheet(`${id} is ${state}${where}`, [
    ['owner', owner],
    ['volume', volume],
    ...(attachment === null ? [] : factsOf(attachment)),
    ['degraded', attachment?.degraded === true ? degradedLine(attachment, volume.length) : undefined],
    ['used by', attachment === null ? undefined : holders.length === 0 ? 'nobody' : holders.map(holderLine)],
    ['not checked', unseen],
  ])
}
