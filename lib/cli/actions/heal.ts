import type { HealedAttachment, HealedPath, HealReport } from '../../index.js'
import type { Given, Task } from '../command.js'
import { tonedColumns } from '../text/layout.js'
import { indented, type Line, type Span, toned } from '../text/toned.js'
import { referenceOf } from './reference.js'

export async function prepareHeal(given: Given): Promise<Task> {
  const { operands, options } = given
  const reference = operands.length === 0 && options.connection === undefined ? undefined : await referenceOf(given, 'heal')
  return async ({ attacher, call }) => {
    const report = await (await attacher()).heal(reference, call)
    return { document: report, lines: linesOf(report), unfinished: report.attachments.some(isUnfinished) }
  }
}

function isUnfinished({ paths, error }: HealedAttachment): boolean {
  return error !== undefined || paths.some(({ action }) => action === 'failed')
}
function linesOf({ attachments }: HealReport): Line[] {
  if (attachments.length === 0) return ['Nothing is attached.']
  return attachments.flatMap((each) => {
    const { id, device, paths, error } = each
    const all = paths.filter(({ action }) => action !== 'failed').length
    const head = error === undefined ? `${all} of ${paths.length} paths take I/O` : `could not be healed: ${error.code}: ${error.message}`
    return [`${id} (${device}) ${head}`, ...tonedColumns(paths.map(rowOf)).map((line) => indented('  ', line))]
  })
}
function rowOf({ path, action, device, error }: HealedPath): Span[] {
  return [
    toned(action === 'failed' ? 'bad' : 'good', action),
    path,
    error === undefined ? (device ?? '') : `${error.code}: ${error.message}`,
  ]
}
