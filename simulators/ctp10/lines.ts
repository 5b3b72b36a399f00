const longest = 65_536

/** Cuts what arrives into lines at LF, a CR before it dropped. Keeps no more than 64 KiB of an unfinished one. */
export class Lines {
  #rest = ''
  #overrun = false
  readonly #onOverrun: () => void

  constructor(onOverrun: () => void) {
    this.#onOverrun = onOverrun
  }

  push(chunk: Buffer): string[] {
    const pieces = (this.#rest + chunk.toString('latin1')).split('\n')
    this.#rest = pieces.pop() ?? ''
    // The tail of a line that was too long is no command of its own.
    if (this.#overrun && pieces.length > 0) {
      pieces.shift()
      this.#overrun = false
    }
    if (this.#rest.length > longest) {
      if (!this.#overrun) this.#onOverrun()
      this.#overrun = true
      this.#rest = ''
    }
    return pieces
  }
}
