/** Values of a record; the parser of open-iscsi takes the first token as key and the rest of the line as value. */
export function parseRecord(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      // The value is trimmed afterwards: a pattern that does it takes quadratic time for a line of many spaces.
      const match = /^\s*([^#\s=][^\s=]*)\s*=([^]*)$/.exec(line)
      return match?.[1] === undefined ? [] : [[match[1], match[2]?.trim() ?? ''] as const]
    }),
  )
}
