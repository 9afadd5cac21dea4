import type { Command } from '../command.js'
import { columns } from '../text/layout.js'

export const list: Command = {
  name: 'list',
  operands: '',
  mostOperands: 0,
  summary: "Lists this owner's attachments",
  options: [],
  about: [],
  prepare: () =>
    Promise.resolve(async (attacher, call) => {
      const attachments = await attacher.list(call)
      if (attachments.length === 0) return { document: attachments, lines: ['Nothing is attached.'] }
      const rows = attachments.map(({ id, state, device, protocol, wwid, present }) => [
        id,
        state,
        device ?? '-',
        present ? 'yes' : 'no',
        protocol,
        wwid ?? '-',
      ])
      return { document: attachments, lines: columns([['ID', 'STATE', 'DEVICE', 'PRESENT', 'PROTOCOL', 'WWID'], ...rows]) }
    }),
}
