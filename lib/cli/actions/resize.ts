import type { ResizeReport } from '../../index.js'
import type { Given, Task } from '../command.js'
import { columns } from '../text/layout.js'
import { formatSize } from '../text/size.js'
import { referenceOf } from './reference.js'

export async function prepareResize(given: Given): Promise<Task> {
  const reference = await referenceOf(given, 'resize')
  const { size } = given.options
  return async ({ attacher, call }) => {
    const report = await (await attacher()).resize(reference, { ...call, ...(size === undefined ? {} : { sizeBytes: size }) })
    return { document: report, lines: lines(report) }
  }
}

function lines({ id, device, beforeBytes, sizeBytes, layers }: ResizeReport): string[] {
  const head =
    beforeBytes === sizeBytes
      ? `has ${formatSize(sizeBytes)}, as before`
      : `has ${formatSize(sizeBytes)} now, ${formatSize(beforeBytes)} before`
  const rows = layers.map((layer) => [`  ${layer.device}`, `${layer.beforeBytes ?? '?'} → ${layer.afterBytes ?? '?'} bytes`])
  return [`${id} (${device}) ${head}`, ...columns(rows)]
}
