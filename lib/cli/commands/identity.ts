import type { Command } from '../command.js'
import { columns } from '../text/layout.js'

export const identity: Command = {
  name: 'identity',
  operands: '',
  mostOperands: 0,
  summary: 'Shows the names that identify this host to storage',
  options: [],
  about: [],
  prepare: () =>
    Promise.resolve(async (attacher, call) => {
      const who = await attacher.identity(call)
      const rows = [
        ['initiator name', who.iscsi?.initiatorName ?? '- (no /etc/iscsi/initiatorname.iscsi)'],
        ['host name', who.hostname ?? '-'],
        ['machine id', who.machineId ?? '-'],
        ['boot id', who.bootId ?? '-'],
      ]
      return { document: who, lines: columns(rows) }
    }),
}
