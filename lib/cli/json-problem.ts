/**
 * Says where a text stops being JSON, and why. The messages of `JSON.parse` differ between versions of Node.js and quote the text around the
 * error, which may hold secrets.
 */
const SPACE = /[\t\n\r ]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y
/** A string as far as it is valid. */
const OPEN_STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*/y
const OTHER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z.])|(?:true|false|null)(?![0-9A-Za-z])/y
/** Deeper documents are no requests. */
const DEEPEST = 500

export interface JsonProblem {
  /** From 1. */
  readonly line: number
  /** From 1, in characters. */
  readonly column: number
  readonly reason: string
}

/** `undefined` if the text is JSON. */
export function jsonProblem(text: string): JsonProblem | undefined {
  const scanner = new Scanner(text)
  const reason = scanner.document()
  if (reason === undefined) return undefined
  const before = text.slice(0, scanner.at).split('\n')
  return { line: before.length, column: Array.from(before.at(-1) ?? '').length + 1, reason }
}

/** Each method returns what is wrong at `at`, or `undefined` when it has read its part. */
class Scanner {
  at = 0
  readonly #text: string
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }
  document(): string | undefined {
    const wrong = this.#value()
    if (wrong !== undefined) return wrong
    return this.#peek() === '' ? undefined : 'there is more text after the end of the document'
  }

  #value(): string | undefined {
    const next = this.#peek()
    if (next === '{') return this.#list('}', () => this.#member())
    if (next === '[') return this.#list(']', () => this.#value())
    if (next === '"') return this.#string()
    return this.#skip(OTHER) ? undefined : next === '' ? 'the text ends where a value is expected' : 'a value is expected'
  }
  #member(): string | undefined {
    const next = this.#peek()
    if (next !== '"') return next === '' ? 'the text ends inside an object' : 'a name in double quotes is expected'
    const wrong = this.#string()
    if (wrong !== undefined) return wrong
    if (this.#peek() !== ':') return "':' is expected after a name"
    this.at += 1
    return this.#value()
  }
  #list(end: '}' | ']', item: () => string | undefined): string | undefined {
    this.#depth += 1
    if (this.#depth > DEEPEST) return 'it is nested too deeply'
    this.at += 1
    if (this.#peek() !== end) {
      for (;;) {
        const wrong = item()
        if (wrong !== undefined) return wrong
        const next = this.#peek()
        if (next === end) break
        if (next !== ',') return `',' or '${end}' is expected`
        this.at += 1
        if (this.#peek() === end) return `',' before '${end}' is not allowed`
      }
    }
    this.at += 1
    this.#depth -= 1
    return undefined
  }
  #string(): string | undefined {
    if (this.#skip(STRING)) return undefined
    this.#skip(OPEN_STRING)
    if (this.at >= this.#text.length) return 'a text has no closing quote'
    return this.#text[this.at] === '\\' ? 'an escape is not valid' : 'a line break or control character is inside a text'
  }
  #peek(): string {
    this.#skip(SPACE)
    return this.#text[this.at] ?? ''
  }
  #skip(token: RegExp): boolean {
    token.lastIndex = this.at
    if (!token.test(this.#text)) return false
    this.at = token.lastIndex
    return true
  }
}
