const KEPT = 200

/** What was sent to one instrument, to be gone through again with the arrow keys. */
export class History {
  readonly #lines: string[] = []
  #at = 0
  #draft = ''

  /** Notes what was sent; the same thing twice in a row is kept once. */
  add(text: string): void {
    if (this.#lines.at(-1) !== text) this.#lines.push(text)
    if (this.#lines.length > KEPT) this.#lines.shift()
    this.#at = this.#lines.length
    this.#draft = ''
  }

  /** The one before; undefined at the beginning. `present` is what stands in the field, and is come back to at the end. */
  previous(present: string): string | undefined {
    if (this.#at === 0) return undefined
    if (this.#at === this.#lines.length) this.#draft = present
    this.#at -= 1
    return this.#lines[this.#at]
  }

  /** The one after, and what was being written at last; undefined at the end. */
  next(): string | undefined {
    if (this.#at >= this.#lines.length) return undefined
    this.#at += 1
    return this.#at === this.#lines.length ? this.#draft : this.#lines[this.#at]
  }
}

const histories = new Map<string, History>()

/** The history of an instrument's console, for as long as the page lives. */
export function historyOf(device: string): History {
  const known = histories.get(device) ?? new History()
  histories.set(device, known)
  return known
}
