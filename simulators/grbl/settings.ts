/** Settings that are whole numbers on the wire; the others have three decimals. */
const WHOLE = new Set([0, 1, 2, 3, 4, 5, 6, 10, 13, 20, 21, 22, 23, 26, 30, 31, 32])

/** A turret of two axes with a laser: a "millimetre" is a degree, home is at the positive ends. */
const FACTORY: readonly (readonly [number, number])[] = [
  [0, 10],
  [1, 255],
  [2, 0],
  [3, 0],
  [4, 0],
  [5, 0],
  [6, 0],
  [10, 1],
  [11, 0.01],
  [12, 0.002],
  [13, 0],
  [20, 1],
  [21, 1],
  [22, 1],
  [23, 0],
  [24, 300],
  [25, 6000],
  [26, 25],
  [27, 2],
  [30, 1000],
  [31, 0],
  [32, 1],
  [100, 100],
  [101, 100],
  [102, 100],
  [110, 7200],
  [111, 7200],
  [112, 500],
  [120, 500],
  [121, 500],
  [122, 10],
  [130, 200],
  [131, 100],
  [132, 10],
]

/** The `$` settings, as they survive a power cycle (Grbl v1.1 configuration). */
export class Settings {
  readonly #values = new Map(FACTORY)
  /** The startup blocks, `$N0` and `$N1`. */
  readonly startup: [string, string] = ['', '']

  get(number: number): number {
    return this.#values.get(number) ?? 0
  }

  isSet(number: number): boolean {
    return this.get(number) !== 0
  }

  /** Whether a bit of a setting is set: grblHAL's $20 to $22 are more than switches. */
  hasBit(number: number, bit: number): boolean {
    return (this.get(number) & (1 << bit)) !== 0
  }

  /** Whether an axis counts from 0 at its switch (bit 3 of grblHAL's $22) upwards, which it does when it homes to its negative end. */
  countsUp(axis: number): boolean {
    return this.hasBit(22, 3) && this.hasBit(23, axis)
  }

  /** One of the four per-axis settings: 100 steps/mm, 110 mm/min, 120 mm/s², 130 mm. */
  ofAxis(group: 100 | 110 | 120 | 130, axis: number): number {
    return this.get(group + axis)
  }

  /** Takes a setting; answers 0 or the number of the error. */
  store(number: number, value: number): number {
    if (!this.#values.has(number)) return 3
    if (value < 0) return 4
    if (number === 20 && value !== 0 && !this.hasBit(22, 0)) return 10
    this.#values.set(number, WHOLE.has(number) ? Math.trunc(value) : value)
    if (number === 22 && (value & 1) === 0) this.#values.set(20, 0)
    return 0
  }

  /** The answer to `$$`. */
  list(): string[] {
    return [...this.#values].map(
      ([number, value]) => `$${number}=${WHOLE.has(number) ? String(value) : value.toFixed(3)}`,
    )
  }
}
