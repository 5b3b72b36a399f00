import { randomBytes } from 'node:crypto'
import { monotonicMs } from '../../core/clock.ts'
import type { Caller } from '../../device/device.ts'
import { personOf } from '../../core/owner.ts'

/** Who may have a picture. A page fetches it over HTTP, where it has no name of its own. */
type Person = Pick<Caller, 'via' | 'name' | 'key'>

const KEEP_MS = 120_000
const MOST = 24

/** Pictures that somebody looks at and nobody keeps: of drafts that are tried, and of pages that are picked from. */
export class PassingPictures {
  readonly #all = new Map<string, { png: Uint8Array; person: string; until: number }>()

  /** Answers the name it is fetched by for two minutes, or until many others have come. */
  add(png: Uint8Array, asker: Person, now = monotonicMs()): string {
    for (const [name, { until }] of this.#all)
      if (until < now || this.#all.size >= MOST) this.#all.delete(name)
    const name = randomBytes(16).toString('hex')
    this.#all.set(name, { png, person: personOf(asker), until: now + KEEP_MS })
    return name
  }

  /** The picture, for whoever asked for it. */
  get(name: string, asker: Person, now = monotonicMs()): Uint8Array | undefined {
    const found = this.#all.get(name)
    return found && found.until >= now && found.person === personOf(asker) ? found.png : undefined
  }
}
