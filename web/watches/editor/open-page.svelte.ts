import type { OutputOf } from '../../../shared/commands.ts'
import type { PickerPage } from '../../../shared/watches/watch-picker.ts'
import type { PageStep } from '../../../shared/watches/watch-what.ts'
import { call } from '../../link/call.ts'

/** A browser that has to start, and a page that is slow. */
const DEADLINE_MS = 60_000

interface Place {
  x: number
  y: number
}
type Element = OutputOf<'picker.at'>

/** A page that is open in the bridge's browser, to choose an element from its screenshot. */
export class OpenPage {
  shown = $state.raw<PickerPage>()
  /** The element under the pointer. */
  under = $state.raw<Element>()
  chosen = $state.raw<Element>()
  /** How many elements further out the chosen one is than what was clicked on. */
  up = $state(0)
  busy = $state(false)
  problem = $state<string>()
  #place: Place | undefined
  #pointed: Place | undefined
  #asking = false
  #closed = false

  async open(url: string, steps: PageStep[], watch: string | undefined): Promise<void> {
    await this.#show(() => call('picker.open', { url, steps, watch }, { deadlineMs: DEADLINE_MS }))
    if (this.#closed) this.close()
  }

  /** Does something on the page. Whether it was done. */
  async step(step: PageStep): Promise<boolean> {
    const picker = this.shown?.picker
    if (picker === undefined) return false
    return this.#show(() => call('picker.step', { picker, step }, { deadlineMs: DEADLINE_MS }))
  }

  /** The pointer is here: what is under it is looked up, one question at a time. */
  pointAt(place: Place | undefined): void {
    this.#pointed = place
    if (!this.#asking && !this.chosen && !this.busy) void this.#look()
  }

  /** Chooses what is here. */
  async choose(place: Place | undefined): Promise<void> {
    if (!place || this.busy) return
    this.#place = place
    this.up = 0
    this.chosen = await this.#at(place, 0)
  }

  /** The element around the chosen one, or back in. */
  async wider(by: 1 | -1): Promise<void> {
    if (!this.#place) return
    this.up = Math.max(0, this.up + by)
    this.chosen = (await this.#at(this.#place, this.up)) ?? this.chosen
  }

  close(): void {
    this.#closed = true
    const picker = this.shown?.picker
    // One that is left open closes by itself.
    if (picker !== undefined) void call('picker.close', { picker }).catch(() => undefined)
  }

  async #look(): Promise<void> {
    this.#asking = true
    while (this.#pointed && !this.#closed) {
      const place = this.#pointed
      this.#pointed = undefined
      this.under = await this.#at(place, 0)
    }
    this.#asking = false
  }

  async #at(place: Place, up: number): Promise<Element | undefined> {
    const picker = this.shown?.picker
    if (picker === undefined) return undefined
    try {
      const found = await call('picker.at', { picker, ...place, up })
      this.problem = undefined
      return found
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
      return undefined
    }
  }

  async #show(ask: () => Promise<PickerPage>): Promise<boolean> {
    this.busy = true
    this.problem = undefined
    try {
      this.shown = await ask()
      this.chosen = undefined
      this.under = undefined
      return true
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
      return false
    } finally {
      this.busy = false
    }
  }
}
