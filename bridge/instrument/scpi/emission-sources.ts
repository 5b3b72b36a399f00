import type { DeviceGuard } from '../../core/guard.ts'

/** A source may take this long from the command until it says that it emits: so long its "off" proves nothing. */
const SLOW_MS = 1500

interface Source {
  /** What it has said since it was last in doubt. */
  said: 'lit' | 'dark' | undefined
  /** performance.now() from which its "off" is believed. */
  believedFrom: number
}

/**
 * What an instrument has said of each thing of it that emits, for its guard: the instrument is dark once each of them has
 * said so, after everything that was sent.
 */
export class EmissionSources {
  readonly #guard: DeviceGuard
  readonly #sources = new Map<string, Source>()
  #told: 'lit' | 'dark' | undefined

  constructor(guard: DeviceGuard) {
    this.#guard = guard
  }

  /** From now on these count; what one says is not known yet. */
  add(names: Iterable<string>): void {
    for (const name of names)
      this.#sources.set(name, this.#sources.get(name) ?? { said: undefined, believedFrom: -Infinity })
  }

  /** Whether anything emits, or may. */
  get mayEmit(): boolean {
    return this.#told === 'lit'
  }

  /** Bytes are about to leave that may light these, or any. Throws `guardian.lost`, and then they are not to leave. */
  lighting(names: Iterable<string> = this.#sources.keys()): void {
    this.#guard.mayEmit()
    this.#told = 'lit'
    for (const source of this.#named(names)) {
      source.said = undefined
      source.believedFrom = performance.now() + SLOW_MS
    }
  }

  /** These may emit, without anything having been sent; what they said before is worth nothing. Never throws. */
  doubt(names: Iterable<string> = this.#sources.keys()): void {
    for (const source of this.#named(names)) source.said = undefined
  }

  /** These have been told to go off. */
  toldOff(names: Iterable<string>): void {
    for (const source of this.#named(names)) source.believedFrom = -Infinity
  }

  /** The instrument itself says whether one emits. */
  saw(name: string, on: boolean): void {
    const source = this.#sources.get(name)
    if (!source) return
    if (on) {
      source.said = 'lit'
      this.seenEmitting()
    } else if (performance.now() >= source.believedFrom) {
      source.said = 'dark'
      if ([...this.#sources.values()].every(({ said }) => said === 'dark')) this.#seenDark()
    }
  }

  /** It says that it emits, or was told what may make it. Never throws. */
  seenEmitting(): void {
    if (this.#told !== 'lit') this.#guard.seenEmitting()
    this.#told = 'lit'
  }

  /** It has proven that nothing of it emits. */
  proven(): void {
    for (const source of this.#sources.values()) {
      source.said = 'dark'
      source.believedFrom = -Infinity
    }
    this.#seenDark()
  }

  #seenDark(): void {
    if (this.#told !== 'dark') this.#guard.seenDark()
    this.#told = 'dark'
  }

  #named(names: Iterable<string>): Source[] {
    return [...names].flatMap((name) => this.#sources.get(name) ?? [])
  }
}
