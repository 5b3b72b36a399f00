/** Does one piece of work after the other, in the order in which they come: none sees what another has half done. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  /** Resolves or rejects as the work does, once those before it are over. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => {})
    return mine
  }
}
