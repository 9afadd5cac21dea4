/** Formats rows as aligned columns, two spaces apart, without trailing spaces. Leaves out empty columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  return rows.map((row) =>
    row
      .flatMap((cell, index) => {
        const width = widths[index] ?? 0
        return width === 0 ? [] : [cell + ' '.repeat(width - widthOf(cell))]
      })
      .join('  ')
      .trimEnd(),
  )
}

/** A heading with rows below it. Several values of one name are printed below each other. */
export function sheet(
  heading: string,
  facts: readonly (readonly [name: string, value: string | readonly string[] | undefined])[],
): string[] {
  const rows = facts.flatMap(([name, value]) => {
    const values = value === undefined ? [] : typeof value === 'string' ? [value] : value
    return values.map((each, index) => [index === 0 ? name : '', each])
  })
  return [heading, ...columns(rows).map((line) => `  ${line}`)]
}

/** Replaces control characters: the name of a target or a device must not control the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?')
}

function widthOf(text: string): number {
  return Array.from(text).length
}
