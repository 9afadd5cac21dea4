/** How many columns of a terminal a text takes. */
import { printable } from './printable.js'

/**
 * Characters of two columns: East Asian Wide and Fullwidth (Unicode, UAX #11, EastAsianWidth.txt) by their blocks, and emoji. Narrow
 * characters of these blocks are rare, and only make a column too wide.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
/** Accents and other marks that join the character before, and invisible characters. A soft hyphen is visible on terminals. */
const NONE = /(?!\u00ad)[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u

export function widthOf(text: string): number {
  let width = 0
  for (const character of printable(text)) width += characterWidth(character)
  return width
}
/** The beginning of a text that fits; an ellipsis stands for the rest. */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let [kept, width] = ['', 1]
  for (const character of text) {
    width += characterWidth(printable(character))
    if (width > columns) break
    kept += character
  }
  return columns < 1 ? '' : `${kept}…`
}

function characterWidth(character: string): number {
  return character < '\u0300' ? 1 : WIDE.test(character) ? 2 : NONE.test(character) ? 0 : 1
}
