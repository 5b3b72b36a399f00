import type { AxisKind } from '../../shared/traces/trace-axis.ts'

/** What a file from outside holds: values, and where they lie when it says so (as they come, in the axis' unit). */
export interface Columns {
  x: Float64Array | undefined
  y: Float32Array<ArrayBuffer>
  /** What it says of its axis; undefined when it says nothing. */
  axis: AxisKind | undefined
  unit: string | undefined
}

/** Numbers whose count is known at their end only. */
export class GrowingColumn<A extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>> {
  readonly #make: new (length: number) => A
  #numbers: A
  length = 0

  constructor(make: new (length: number) => A) {
    this.#make = make
    this.#numbers = new make(1 << 16)
  }

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const more = new this.#make(this.length * 2)
      more.set(this.#numbers)
      this.#numbers = more
    }
    this.#numbers[this.length++] = value
  }

  /** All of them. */
  done(): A {
    return this.#numbers.subarray(0, this.length) as A
  }
}
