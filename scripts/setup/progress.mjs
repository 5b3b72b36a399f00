const everySilent = 30_000

/**
 * Tells a person how one step goes: one line that is kept up to date on a terminal, and elsewhere a line for
 * each new activity and every 30 s. It all goes to stderr, because stdout belongs to the program that follows.
 */
export class Progress {
  #out = process.stderr
  #live = process.stderr.isTTY === true
  #title
  #started = Date.now()
  #activity = ''
  #position = ''
  #timer

  constructor(name, number, count) {
    this.#title = `set-up ${number}/${count} ${name}`
    this.#timer = setInterval(() => this.#show(), this.#live ? 1000 : everySilent)
  }

  /** A new activity, such as 'npm ci'. */
  doing(activity) {
    this.#activity = activity
    this.#position = ''
    this.#show()
  }

  /** How far the activity is, such as '107 of 261'. */
  at(position) {
    this.#position = position
    if (this.#live) this.#show()
  }

  done() {
    this.#finish(`done in ${this.#elapsed()}`)
  }

  failed() {
    this.#finish(`failed after ${this.#elapsed()}`)
  }

  #show() {
    const line = `${this.#title}: ${[this.#activity, this.#position].filter(Boolean).join(': ')} (${this.#elapsed()})`
    this.#out.write(this.#live ? `\r\x1b[2K${line.slice(0, (this.#out.columns || 80) - 1)}` : `${line}\n`)
  }

  #finish(text) {
    clearInterval(this.#timer)
    this.#out.write(`${this.#live ? '\r\x1b[2K' : ''}${this.#title}: ${text}\n`)
  }

  #elapsed() {
    const seconds = Math.round((Date.now() - this.#started) / 1000)
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  }
}
