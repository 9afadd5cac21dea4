import { doctor, type DoctorAnswer, type DoctorReport } from '../../index.js'
import type { Given, Task } from '../command.js'
import { hostOptions } from './host-options.js'
import { columns } from '../text/layout.js'
import { type Line, type Toned, toned } from '../text/toned.js'
import { usageError } from '../usage-error.js'

/** Worst first. */
const HEADINGS: readonly (readonly [DoctorAnswer, Toned])[] = [
  ['problem', toned('bad', 'Problems: an attach fails')],
  ['warning', toned('warning', 'Warnings')],
  ['unknown', toned('warning', 'Could not be checked')],
  ['note', toned('heading', 'Notes')],
]

export async function prepareDoctor(given: Given): Promise<Task> {
  const { connection: file, deep, login } = given.options
  if (login && file === undefined) throw usageError('--connection', "'doctor --login' needs --connection FILE", 'doctor')
  const host = await hostOptions(given)
  return async ({ call: { signal } }) => {
    const report = await doctor({
      deep,
      login,
      ...host,
      ...(signal === undefined ? {} : { signal }),
    })
    return { document: report, lines: linesOf(report), unfinished: report.answer === 'problem' }
  }
}

function linesOf({ answer, checks: all }: DoctorReport): Line[] {
  const sections = HEADINGS.flatMap(([answer, heading]) => {
    const found = all.filter((check) => check.answer === answer)
    if (found.length === 0) return []
    return [
      [heading],
      ...found.flatMap(({ id, summary, evidence, advice, code }) => [
        ['  ', toned('heading', id), `: ${summary}${code === undefined ? '' : ` (${code})`}`],
        ...columns(evidence.map(({ source, value }) => [source, value])).map((line) => `      ${line}`),
        ...(advice === undefined ? [] : [`      → ${advice}`]),
      ]),
      '',
    ]
  })
  const fine = all.filter(({ answer }) => answer === 'ok')
  const groups = [...new Set(fine.map(({ group }) => group))].map((group) => [
    `  ${group}`,
    fine.flatMap((check) => (check.group === group ? [check.id.slice(group.length + 1)] : [])).join(', '),
  ])
  const sum = `${fine.length} of ${all.length} checks are ok`
  return [...sections, answer === 'problem' ? sum : [toned('good', sum)], ...columns(groups)]
}
