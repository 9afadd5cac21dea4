/** Prints the demonstration on the terminal, and remembers promises that did not hold. */
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
  /** Prints a promise, and whether it was kept. */
  promise(what: string, kept: boolean): void {
    this.say(`${kept ? '✔' : '✘'} ${what}`)
    if (!kept) this.broken.push(what)
  }
}
