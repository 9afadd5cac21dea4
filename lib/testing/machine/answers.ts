/** When the event loop of a process receives the answers to its calls: one by one, or several in one turn. */
import type { Base } from './base.js'

export class Answers {
  readonly #base: Base
  #ready: (() => void)[] = []

  constructor(base: Base) {
    this.#base = base
  }
  /** Gives an answer now, or together with those that become ready within `answersTogetherMs`, in an order drawn by the seed. */
  give(answer: () => void): void {
    const { settings, timeline } = this.#base
    if (settings.answersTogetherMs === 0) {
      answer()
      return
    }
    this.#ready.push(answer)
    if (this.#ready.length === 1) timeline.after(settings.answersTogetherMs, () => this.#giveAll())
  }
  #giveAll(): void {
    const { random } = this.#base
    const ready = this.#ready.splice(0)
    while (ready.length > 0) for (const answer of ready.splice(random.below(ready.length), 1)) answer()
  }
}
