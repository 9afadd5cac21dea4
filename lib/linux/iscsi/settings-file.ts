/** Parses the values of a record. Like open-iscsi's parser, takes the first token as the key and the rest of the line as the value. */
export function parseRecord(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      // Trim the value afterwards: a pattern that trims takes quadratic time for a line with many spaces.
      const match = /^\s*([^#\s=][^\s=]*)\s*=([^]*)$/.exec(line)
      return match?.[1] === undefined ? [] : [[match[1], match[2]?.trim() ?? ''] as const]
    }),
  )
}
