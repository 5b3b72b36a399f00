import type { Marker } from './plot/marker.ts'

/** More would stand on each other. */
export const MOST_MARKERS = 12

/** The markers on a plot, and the one that the others are measured from. */
export class Markers {
  list = $state.raw<readonly Marker[]>([])
  #reference = $state<number>()
  #next = 1

  /** The one that was chosen, else the first. */
  get reference(): Marker | undefined {
    return this.list.find(({ id }) => id === this.#reference) ?? this.list[0]
  }

  /** Puts one at a place; nothing when there are enough. */
  add(place: number): void {
    if (this.list.length >= MOST_MARKERS) return
    const id = this.#next++
    this.list = [...this.list, { id, name: `M${id}`, place }]
  }

  move({ id }: Marker, place: number): void {
    this.list = this.list.map((each) => (each.id === id ? { ...each, place } : each))
  }

  remove({ id }: Marker): void {
    this.list = this.list.filter((each) => each.id !== id)
    if (this.list.length === 0) this.#next = 1
  }

  /** Measures the others from this one. */
  measureFrom({ id }: Marker): void {
    this.#reference = id
  }

  clear(): void {
    this.list = []
    this.#next = 1
  }
}
