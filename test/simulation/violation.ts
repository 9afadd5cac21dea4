/** A promise that was broken. */
export class Violation extends Error {
  readonly invariant: string
  constructor(invariant: string, what: string) {
    super(what)
    this.name = 'Violation'
    this.invariant = invariant
  }
}
