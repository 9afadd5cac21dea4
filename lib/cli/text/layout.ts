import { indented, type Line, textOfLine, type Span, textOf, toned } from './toned.js'
import { widthOf } from './width.js'

/** Formats rows as aligned columns, two spaces apart, without trailing spaces. Leaves out empty columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  return tonedColumns(rows).map(textOfLine)
}
export function tonedColumns(rows: readonly (readonly Span[])[]): Line[] {
  const widths: number[] = []
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(textOf(cell)))
  return rows.map((row) => {
    const used = row.flatMap((cell, index) => ((widths[index] ?? 0) === 0 ? [] : [{ cell, width: widths[index] ?? 0 }]))
    const last = used.findLastIndex(({ cell }) => textOf(cell).trimEnd() !== '')
    return used.slice(0, last + 1).flatMap(({ cell, width }, index): Span[] => {
      if (index === last) return [typeof cell === 'string' ? cell.trimEnd() : toned(cell.tone, cell.text.trimEnd())]
      return [cell, ' '.repeat(width - widthOf(textOf(cell)) + 2)]
    })
  })
}

/** A heading with rows below it. Several values of one name are printed below each other. */
export function sheet(heading: string, facts: readonly (readonly [name: Span, value: string | readonly string[] | undefined])[]): Line[] {
  const rows = facts.flatMap(([name, value]) => {
    const values = value === undefined ? [] : typeof value === 'string' ? [value] : value
    return values.map((each, index): Span[] => [index === 0 ? name : '', each])
  })
  return [heading, ...tonedColumns(rows).map((line) => indented('  ', line))]
}
