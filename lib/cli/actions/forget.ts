import { checkId } from '../../connection/schema.js'
import type { ForgetReport } from '../../index.js'
import type { Given, Task } from '../command.js'
import { sheet } from '../text/layout.js'
import type { Line } from '../text/toned.js'
import { usageError } from '../usage-error.js'

export function prepareForget({ operands: [id], options: { leaveRemaining } }: Given): Promise<Task> {
  if (id === undefined) throw usageError('ID', "'forget' needs the ID of an attachment", 'forget')
  checkId(id)
  return Promise.resolve(async ({ attacher, call }) => {
    const report = await (await attacher()).forget(id, { ...call, leaveRemaining })
    return { document: report, lines: lines(report) }
  })
}

function lines({ id, remaining }: ForgetReport): Line[] {
  return sheet(`${id} is forgotten`, [['left on this host', remaining.map(({ what, reason }) => `${what}: ${reason}`)]])
}
