import type { AttachmentSummary, BlockTopology } from '../../index.js'
import type { Command } from '../command.js'
import { columns } from '../text/layout.js'

export const list: Command = {
  name: 'list',
  operands: '',
  mostOperands: 0,
  summary: "Lists this owner's attachments",
  options: [],
  about: ['A multipath map is followed by its paths, each with its portal and the state of its session.'],
  prepare: ({ options: { json } }) =>
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
      const [head = '', ...table] = columns([['ID', 'STATE', 'DEVICE', 'PRESENT', 'PROTOCOL', 'WWID'], ...rows])
      // The paths of a map need a second query. Programs get them from `inspect` or `enumerate`.
      const topology = !json && attachments.some(mayBeMap) ? await attacher.enumerate(call) : undefined
      const lines = attachments.flatMap((each, index) => [table[index] ?? '', ...(topology === undefined ? [] : pathLines(each, topology))])
      return { document: attachments, lines: [head, ...lines] }
    }),
}

function mayBeMap({ device, present }: AttachmentSummary): boolean {
  return present && device?.startsWith('/dev/dm-') === true
}
function pathLines(attachment: AttachmentSummary, { devices, sessions }: BlockTopology): string[] {
  const map = mayBeMap(attachment) ? devices.find(({ device }) => device === attachment.device) : undefined
  if (map?.dmUuid?.startsWith('mpath-') !== true) return []
  const rows = map.slaves.map((name) => {
    const session = sessions.find((each) => each.session === devices.find((device) => device.name === name)?.session)
    return [`/dev/${name}`, session?.portal ?? '-', session?.state ?? '-']
  })
  return columns(rows).map((line) => `  ${line}`)
}
