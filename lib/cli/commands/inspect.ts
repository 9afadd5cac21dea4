import { checkId } from '../../connection/schema.js'
import type { Inspection } from '../../index.js'
import type { Command } from '../command.js'
import { factsOf } from '../text/attachment.js'
import { holderLine } from '../text/holder.js'
import { sheet } from '../text/layout.js'
import { usageError } from '../usage-error.js'

export const inspect: Command = {
  name: 'inspect',
  operands: 'ID',
  mostOperands: 1,
  summary: 'Shows one attachment: its volume, its device and who uses it',
  options: [],
  about: [],
  prepare: ({ operands: [id] }) => {
    if (id === undefined) throw usageError('ID', "'inspect' needs an ID")
    const checked = checkId(id)
    return Promise.resolve(async (attacher, call) => {
      const inspection = await attacher.inspect(checked, call)
      return { document: inspection, lines: lines(inspection) }
    })
  },
}

function lines({ id, owner, state, present, path, volume, attachment, holders, unseen }: Inspection): string[] {
  const where = path === null ? '' : present ? ` as ${path}` : ` as ${path}, which is gone or has changed`
  return sheet(`${id} is ${state}${where}`, [
    ['owner', owner],
    ['volume', volume],
    ...(attachment === null ? [] : factsOf(attachment)),
    ['used by', attachment === null ? undefined : holders.length === 0 ? 'nobody' : holders.map(holderLine)],
    ['not checked', unseen],
  ])
}
