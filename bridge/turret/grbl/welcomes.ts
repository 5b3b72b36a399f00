/** Two resets in a row may be answered with one welcome or with two: the second comes within this. */
const SECOND_MS = 1500
/** Two resets, or one and an alarm that brings a reset of the controller's own along. */
const MOST = 2

/** How many welcomes are accounted for: one more says that the controller has begun anew by itself. */
export class Welcomes {
  #due = 0
  #at = -Infinity

  /** A reset was written, or one of the controller's own follows; `pending`: one before it is not answered yet. */
  expect(pending: boolean): void {
    const now = performance.now()
    if (now - this.#at > SECOND_MS && !pending) this.#due = 0
    this.#due = Math.min(MOST, this.#due + 1)
    this.#at = now
  }

  /** One has come. Answers whether it was accounted for. */
  take(pending: boolean): boolean {
    const expected = this.#due > 0 && (pending || performance.now() - this.#at <= SECOND_MS)
    this.#due = Math.max(0, this.#due - 1)
    return expected
  }
}
