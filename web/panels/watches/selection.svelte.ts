/** Which watches are chosen, and where a range with Shift begins. */
export class Selection {
  ids = $state.raw<ReadonlySet<string>>(new Set())
  #anchor: string | undefined

  has(id: string): boolean {
    return this.ids.has(id)
  }

  /** Chooses one or lets it go. */
  toggle(id: string): void {
    const next = new Set(this.ids)
    if (!next.delete(id)) next.add(id)
    this.ids = next
    this.#anchor = id
  }

  /** Makes everything from the last one chosen to this one, in the order shown, as the last one is. */
  extend(id: string, shown: readonly string[]): void {
    const from = this.#anchor === undefined ? -1 : shown.indexOf(this.#anchor)
    const to = shown.indexOf(id)
    if (from < 0 || to < 0) return this.toggle(id)
    const chosen = this.ids.has(shown[from]!)
    const next = new Set(this.ids)
    for (const each of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      if (chosen) next.add(each)
      else next.delete(each)
    }
    this.ids = next
  }

  /** Chooses all that are shown, or none when all of them are chosen. */
  toggleAll(shown: readonly string[]): void {
    const all = shown.length > 0 && shown.every((id) => this.ids.has(id))
    this.ids = new Set(all ? [] : shown)
  }

  clear(): void {
    this.ids = new Set()
    this.#anchor = undefined
  }

  /** Forgets those that are gone. */
  keep(exists: (id: string) => boolean): void {
    const left = [...this.ids].filter(exists)
    if (left.length < this.ids.size) this.ids = new Set(left)
  }
}
