import type { Direction } from '../../../shared/turret/turret.ts'
import { together } from './jog-speed.ts'

/** The bridge ends a jog that is not repeated within 200 ms. */
const REPEAT_MS = 80
/** On a link that stalls, what has piled up must not turn the turret later. */
const MOST_UNANSWERED = 2

interface JoggerOptions {
  /** Turns at a velocity, degrees/s, until it is repeated. */
  jog: (velocity: Direction) => Promise<unknown>
  /** Ends the motion. */
  halt: () => Promise<unknown>
  failed: (error: unknown) => void
  /** The velocity that is asked for has become another; 0 and 0 is none. */
  changed?: (velocity: Direction) => void
  /** degrees/s an axis, at most. */
  fastest: () => number
}

/** Turns the turret for as long as a hand asks for it. Hands are told apart: two may ask at once, and each lets go for itself. */
export class Jogger {
  readonly #options: JoggerOptions
  readonly #hands = new Map<string, Direction>()
  /** Hands that were made to let go, and have not yet done so by themselves. */
  readonly #barred = new Set<string>()
  #timer: ReturnType<typeof setInterval> | undefined
  #unanswered = 0

  constructor(options: JoggerOptions) {
    this.#options = options
  }

  get jogging(): boolean {
    return this.#timer !== undefined
  }

  /** A hand asks for a velocity, degrees/s, until it lets go or asks for another. */
  hold(hand: string, velocity: Direction): void {
    if (velocity.pan === 0 && velocity.tilt === 0) {
      this.release(hand)
      return
    }
    if (this.#barred.has(hand)) return
    const before = this.#hands.get(hand)
    this.#hands.set(hand, velocity)
    if (before?.pan !== velocity.pan || before.tilt !== velocity.tilt) this.#changed()
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#ask(), REPEAT_MS)
    this.#ask()
  }

  /** A hand lets go; the last one ends the motion. */
  release(hand: string): void {
    this.#barred.delete(hand)
    if (!this.#hands.delete(hand)) return
    this.#changed()
    if (this.#hands.size === 0) this.#end()
  }

  /** All hands let go at once; one that still holds has to let go by itself before it may ask again. */
  releaseAll(): void {
    if (this.#hands.size === 0) return
    for (const hand of this.#hands.keys()) this.#barred.add(hand)
    this.#hands.clear()
    this.#changed()
    this.#end()
  }

  #changed(): void {
    this.#options.changed?.(this.#sum)
  }

  get #sum(): Direction {
    return together(this.#hands.values(), this.#options.fastest())
  }

  #ask(): void {
    if (this.#unanswered >= MOST_UNANSWERED) return
    this.#unanswered += 1
    this.#options
      .jog(this.#sum)
      .catch((error: unknown) => {
        // Asking on would be refused on.
        if (this.#timer === undefined) return
        this.releaseAll()
        this.#options.failed(error)
      })
      .finally(() => (this.#unanswered -= 1))
  }

  #end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#options.halt().catch(this.#options.failed)
  }
}
