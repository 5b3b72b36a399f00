import { allOf, allToggled, extended, noIds, toggled } from '../editor/choosing.ts'

/** Which watches are chosen, and where a range with Shift begins. */
export class Selection {
  ids = $state.raw(noIds())
  #anchor: string | undefined

  has(id: string): boolean {
    return this.ids.has(id)
  }

  /** Chooses one or lets it go. */
  toggle(id: string): void {
    this.ids = toggled(this.ids, id)
    this.#anchor = id
  }

  /** Makes everything from the last one chosen to this one, in the order shown, as the last one is. */
  extend(id: string, shown: readonly string[]): void {
    const next = this.#anchor === undefined ? undefined : extended(this.ids, this.#anchor, id, shown)
    if (next) this.ids = next
    else this.toggle(id)
  }

  /** Chooses all that are shown, or lets them go when all of them are chosen. */
  toggleAll(shown: readonly string[]): void {
    this.ids = allToggled(this.ids, shown)
  }

  chooseAll(shown: readonly string[]): void {
    this.ids = allOf(shown)
  }

  clear(): void {
    this.ids = noIds()
    this.#anchor = undefined
  }

  /** Forgets those that are gone. */
  keep(exists: (id: string) => boolean): void {
    const left = [...this.ids].filter(exists)
    if (left.length < this.ids.size) this.ids = allOf(left)
  }
}
