import { checkId } from '../../connection/schema.js'
import type { ResizeReport } from '../../index.js'
import type { Command } from '../command.js'
import { columns } from '../text/layout.js'
import { formatSize } from '../text/size.js'
import { usageError } from '../usage-error.js'

export const resize: Command = {
  name: 'resize',
  operands: 'ID',
  mostOperands: 1,
  summary: 'Makes this host use the new size of a volume: on all its paths, then on the map',
  options: ['size'],
  about: ['Fails with ERR_RESIZE_NOT_CONVERGED while a path does not show the new size; repeat it later. File systems are not touched.'],
  prepare: ({ operands: [id], options: { size } }) => {
    if (id === undefined) throw usageError('ID', "'resize' needs the ID of an attachment")
    checkId(id)
    return Promise.resolve(async (attacher, call) => {
      const report = await attacher.resize(id, { ...call, ...(size === undefined ? {} : { sizeBytes: size }) })
      return { document: report, lines: lines(report) }
    })
  },
}

function lines({ id, device, beforeBytes, sizeBytes, layers }: ResizeReport): string[] {
  const head =
    beforeBytes === sizeBytes
      ? `has ${formatSize(sizeBytes)}, as before`
      : `has ${formatSize(sizeBytes)} now, ${formatSize(beforeBytes)} before`
  const rows = layers.map((layer) => [`  ${layer.device}`, `${layer.beforeBytes ?? '?'} → ${layer.afterBytes ?? '?'} bytes`])
  return [`${id} (${device}) ${head}`, ...columns(rows)]
}
