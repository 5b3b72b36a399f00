const KEPT = 160
const SHOWN = 80

/** The last that was heard on the line, to be told when it is not understood. */
export class Hearing {
  #bytes = 0
  #text = ''

  add(text: string): void {
    this.#bytes += text.length
    this.#text = (this.#text + text).slice(-KEPT)
  }

  /** In words: `nothing`, or how many bytes and the last of them as far as they can be printed. */
  get words(): string {
    if (this.#bytes === 0) return 'nothing'
    const printable = this.#text
      .replaceAll(/[\r\n]+/g, ' ')
      .replaceAll(/[^ -~]/g, '·')
      .trim()
    return `${this.#bytes} bytes, the last of them "${printable.slice(-SHOWN)}"`
  }

  /** Whether what was heard is noise rather than text: another baud rate, as a rule. */
  get isNoise(): boolean {
    const noise = this.#text.replaceAll(/[ -~\r\n\t]/g, '').length
    return noise * 4 > this.#text.length
  }
}
