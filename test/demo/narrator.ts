/** Tells a story on the terminal, and remembers what did not come true. */
export class Narrator {
  readonly broken: string[] = []
  #chapter = 0

  chapter(title: string): void {
    this.#chapter += 1
    console.log(`\n${this.#chapter}. ${title}`)
  }
  say(text: string): void {
    for (const line of text.trimEnd().split('\n')) console.log(`   ${line}`)
  }
  /** A line that is only true when `kept` is. */
  promise(what: string, kept: boolean): void {
    this.say(`${kept ? '✔' : '✘'} ${what}`)
    if (!kept) this.broken.push(what)
  }
}
