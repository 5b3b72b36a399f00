/** A small repeatable source of randomness: the same seed gives the same instrument. */
export class Noise {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring streams, and xorshift must not start at 0.
    this.#state = Math.imul((seed | 0) + 0x9e3779b9, 0x85ebca6b) | 1
    for (let i = 0; i < 8; i++) this.#next()
  }

  #next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state
  }

  between(low: number, high: number): number {
    return low + ((this.#next() >>> 0) / 2 ** 32) * (high - low)
  }

  /** Mean 0, deviation 1: four 16-bit uniforms, close enough to a Gaussian and ten times cheaper. */
  gauss(): number {
    const first = this.#next()
    const second = this.#next()
    const sum = (first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16)
    return (sum / 65536 - 2) * 1.7320508
  }
}
