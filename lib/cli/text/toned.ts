/** Text with a meaning, which a terminal shows as a colour. No other file makes colours. */
import { printable } from './printable.js'
import { fitted, widthOf } from './width.js'

export type Tone = 'good' | 'warning' | 'bad' | 'heading'
export interface Toned {
  readonly text: string
  readonly tone: Tone
}
export type Span = string | Toned
/** One line, whole or in parts. */
export type Line = string | readonly Span[]

/** Select Graphic Rendition (ECMA-48, 8.3.117): what begins a tone, and what ends it alone. */
const CODES: Readonly<Record<Tone, readonly [begin: number, end: number]>> = {
  good: [32, 39],
  warning: [33, 39],
  bad: [31, 39],
  heading: [1, 22],
}

export function toned(tone: Tone, text: string): Toned {
  return { text, tone }
}
export function spansOf(line: Line): readonly Span[] {
  return typeof line === 'string' ? [line] : line
}
export function textOf(span: Span): string {
  return typeof span === 'string' ? span : span.text
}
export function textOfLine(line: Line): string {
  return spansOf(line).map(textOf).join('')
}
export function indented(by: string, line: Line): Line {
  return typeof line === 'string' ? by + line : [by, ...line]
}

/** The line on one row of so many columns. */
export function fittedLine(line: Line, columns: number): Line {
  const kept: Span[] = []
  let left = columns
  for (const span of spansOf(line)) {
    const text = textOf(span).replaceAll('\n', ' ')
    const part = fitted(text, left)
    kept.push(typeof span === 'string' ? part : toned(span.tone, part))
    left -= widthOf(text)
    if (part !== text) break
  }
  return kept
}

/** The line as it is written. Control characters that are part of the text are replaced, also where there are colours. */
export function written(line: Line, colours: boolean): string {
  return spansOf(line)
    .map((span) => {
      const text = printable(textOf(span))
      if (!colours || typeof span === 'string' || text === '') return text
      const [begin, end] = CODES[span.tone]
      return `\u001b[${begin}m${text}\u001b[${end}m`
    })
    .join('')
}
