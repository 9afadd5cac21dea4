import type { Task } from '../command.js'
import { columns } from '../text/layout.js'

export function prepareIdentity(): Promise<Task> {
  return Promise.resolve(async ({ attacher, call }) => {
    const who = await (await attacher()).identity(call)
    const rows = [
      ['initiator name', who.iscsi?.initiatorName ?? '- (no /etc/iscsi/initiatorname.iscsi)'],
      ['host name', who.hostname ?? '-'],
      ['machine id', who.machineId ?? '-'],
      ['boot id', who.bootId ?? '-'],
    ]
    return { document: who, lines: columns(rows) }
  })
}
