/** The clauses of the suite, and the result of each connector. */
import { test as vitestTest, type TestOptions } from 'vitest'
import { REASONS, type Reason, type Subject } from './subject.js'

type Cell = 'passed' | 'not run' | Reason
type Run = () => Promise<void>
/** Like vitest's own `test`. A clause that is not applicable defines no test. */
export type DefineClause = (title: string, optionsOrRun: TestOptions | Run, run?: Run) => void

const cells = new Map<string, Map<string, Cell>>()
const subjects: Subject[] = []

/** The `test` of a file of clauses. `group` names the variant of clauses that run in several variants under one title. */
export function clausesOf(subject: Subject, group = ''): DefineClause {
  if (!subjects.includes(subject)) subjects.push(subject)
  return (title, optionsOrRun, given) => {
    const [options, run] = typeof optionsOrRun === 'function' ? [{}, optionsOrRun] : [optionsOrRun, given]
    const name = group === '' ? title : `${group}: ${title}`
    const row = cells.get(name) ?? new Map<string, Cell>()
    cells.set(name, row)
    const reason = reasonOf(subject, name)
    row.set(subject.name, reason ?? 'not run')
    if (reason !== undefined || run === undefined) return
    vitestTest(title, options, async () => {
      await run()
      row.set(subject.name, 'passed')
    })
  }
}
function reasonOf({ notApplicable }: Subject, clause: string): Reason | undefined {
  const reasons = Object.keys(REASONS) as Reason[]
  return reasons.find((reason) => notApplicable[reason]?.includes(clause) === true)
}

/** Titles that a subject declares as not applicable although no clause has them. */
export function unknownExcuses(): string[] {
  return subjects.flatMap(({ name, notApplicable }) =>
    Object.values(notApplicable).flatMap((titles) => titles.filter((title) => !cells.has(title)).map((title) => `${name}: ${title}`)),
  )
}
/** For each subject with paths: the fraction of clauses that are not applicable. */
export function excusedParts(): Readonly<Record<string, number>> {
  const withPaths = subjects.filter(({ paths }) => paths !== undefined)
  return Object.fromEntries(
    withPaths.map(({ name }) => {
      const excused = [...cells.values()].filter((row) => (row.get(name) ?? '') in REASONS)
      return [name, excused.length / cells.size]
    }),
  )
}
/** Clause × connector, as docs/evidence/conformance.md shows it. */
export function conformanceTable(): string {
  const names = subjects.map(({ name }) => name)
  const lines = [...cells].map(([title, row]) => [title, ...names.map((name) => inWords(row.get(name)))])
  return [['Clause', ...names], ['---', ...names.map(() => '---')], ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}
function inWords(cell: Cell | undefined): string {
  if (cell === undefined) return 'missing'
  return cell in REASONS ? `not applicable: ${cell}` : cell
}
