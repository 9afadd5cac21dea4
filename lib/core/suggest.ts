/** Finds the word that was probably meant. */

/** The candidate that is most like the word; `undefined` if none is like it. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const given = lettersOf(word)
  let best: string | undefined
  let fewest = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const candidate of candidates) {
    const edits = editsBetween(given, lettersOf(candidate))
    if (edits >= fewest) continue
    fewest = edits
    best = candidate
  }
  return best
}

/** `; did you mean 'attach'?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>, quote = "'"): string {
  const best = suggest(word, candidates)
  return best === undefined ? '' : `; did you mean ${quote}${best}${quote}?`
}

/** Spelling with other separators or capitals is no difference: `time-out`, `timeoutms`. */
function lettersOf(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment distance). */
function editsBetween(a: string, b: string): number {
  let [above, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      next.push(swapped ? Math.min(least, (above[j - 2] ?? 0) + 1) : least)
    }
    above = row
    row = next
  }
  return row[b.length] ?? 0
}
