/** A list that is asked for and asked for again: what was found last, or why there is nothing. */
export class Listing<T> {
  rows = $state.raw<T[]>([])
  /** Why the last question has no answer. */
  problem = $state<string>()
  /** Whether it has been answered once. */
  known = $state(false)
  readonly #read: () => Promise<T[]>
  #turn = 0

  constructor(read: () => Promise<T[]>) {
    this.#read = read
  }

  /** Asks anew; an answer that a later question has overtaken is dropped. */
  async refresh(): Promise<void> {
    const turn = ++this.#turn
    try {
      const rows = await this.#read()
      if (turn !== this.#turn) return
      this.rows = rows
      this.known = true
      this.problem = undefined
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Error ? error.message : String(error)
    }
  }
}
