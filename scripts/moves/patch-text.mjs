// The text of a patch: its header above the first diff, the files that it changes, and its form.
/**
 * @typedef {{ header: string, files: string[], context: number, git: boolean, headings: boolean }} PatchText
 * header: with the line end before the first diff; files: their paths; git: has `diff --git` lines; headings: has words after `@@ … @@`
 */

/** @param {string} text @returns {PatchText} */
export function parse(text) {
  const first = /^(?:diff --git |--- a\/)/m.exec(text)?.index ?? text.length
  const [, hunk = ''] = /^@@ [^\n]*\n((?:[ +\-\\][^\n]*\n?|\n)*)/m.exec(text) ?? []
  const lead = hunk.split('\n').findIndex((line) => /^[+-]/.test(line))
  return {
    header: text.slice(0, first),
    files: [...text.matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, path = '']) => path.trimEnd()),
    context: Math.max(2, Math.min(3, lead)),
    git: /^diff --git /m.test(text),
    headings: /^@@ [^\n]* @@ \S/m.test(text),
  }
}

/** The hunks alone, without the paths that may have changed. @param {string} text */
export const hunksOf = (text) => text.slice(parse(text).header.length).replaceAll(/^(?:diff --git|---|\+\+\+) .*\n/gm, '')

/** Git's output, in the form of the patch that it replaces. @param {PatchText} form @param {string} diff @returns {string} */
export function compose({ header, git, headings }, diff) {
  const lines = diff.split('\n').filter((line) => !/^(?:index |(?:old|new) mode )/.test(line))
  const kept = git ? lines : lines.filter((line) => !line.startsWith('diff --git '))
  return header + kept.map((line) => (headings ? line : line.replace(/^(@@ -[^@]* @@).*$/, '$1'))).join('\n')
}
