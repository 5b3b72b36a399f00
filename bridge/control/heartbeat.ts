import { BEAT_LOST_MS } from '../../shared/control/control.ts'

/** The dead man's switch: as long as beats come it is alive; without one for 500 ms it is not, and says so. */
export class Heartbeat implements Disposable {
  readonly #changed: (alive: boolean) => void
  #timer: NodeJS.Timeout | undefined

  /** `changed` is called on the first beat and on the end of beating, never twice with the same. */
  constructor(changed: (alive: boolean) => void) {
    this.#changed = changed
  }

  get alive(): boolean {
    return this.#timer !== undefined
  }

  beat(): void {
    const began = !this.alive
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.end(), BEAT_LOST_MS)
    if (began) this.#changed(true)
  }

  /** Does not wait for the silence: whoever beat is known to be gone. */
  end(): void {
    if (!this.alive) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#changed(false)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
