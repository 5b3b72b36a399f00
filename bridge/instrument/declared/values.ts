import type { DeclaredState, DeclaredValue, ReadingLimits } from '../../../shared/instrument/declared.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import type { Stream } from '../../core/stream.ts'
import type { Topic } from '../../core/topic.ts'
import type { Parsed } from './value.ts'

/** A reading is in the topic at most so often; the stream has every one. */
const SHOWN_EVERY_MS = 250

/** What has just been read of one entry. */
export interface Taken extends Parsed {
  name: string
  /** Its place in the stream, for a number that is drawn. */
  column?: number | undefined
  limits?: ReadingLimits | undefined
  /** A setting, or somebody waits to see it: it is shown however recent the last one is. */
  wanted?: boolean
}

/** The newest values of an instrument: in its topic for reading, and in its stream for drawing. */
export class Values {
  readonly #topic: Topic<InstrumentState>
  readonly #stream: Stream | undefined
  readonly #seen: (name: string, value: DeclaredValue['value']) => void
  readonly #newest = new Map<string, DeclaredValue>()
  #skipped = 0
  #skippedShownAt = -Infinity

  /** `seen` is told each value that was read. */
  constructor(
    topic: Topic<InstrumentState>,
    stream: Stream | undefined,
    seen: (name: string, value: DeclaredValue['value']) => void,
  ) {
    this.#topic = topic
    this.#stream = stream
    this.#seen = seen
  }

  /** Keeps what was read at `at` (ms since the epoch), and answers it as the topic has it. */
  take(taken: readonly Taken[], at: number): DeclaredValue[] {
    const all = taken.map(({ value, note, limits }): DeclaredValue => {
      const level = typeof value === 'number' && limits ? levelOf(value, limits) : undefined
      return {
        ...(value === undefined ? {} : { value }),
        ...(note === undefined ? {} : { note }),
        at,
        ...(level === undefined ? {} : { level }),
      }
    })
    this.#push(taken, at)
    const due = taken.flatMap(({ name, wanted }, i) => {
      const value = all[i]
      return value && (wanted || this.#isDue(name, value)) ? [[name, value] as const] : []
    })
    this.#show(due)
    for (const { name, value } of taken) this.#seen(name, value)
    return all
  }

  /** These were to be read and could not be: what is known of them is old. */
  miss(names: readonly string[]): void {
    this.#show(
      names.flatMap((name) => {
        const value = this.#newest.get(name)
        return value && !value.stale ? [[name, { ...value, stale: true as const }] as const] : []
      }),
    )
  }

  /** Counts polls that were left out. */
  skip(names: readonly string[]): void {
    this.#skipped += names.length
    this.miss(names)
    const now = performance.now()
    if (now - this.#skippedShownAt < SHOWN_EVERY_MS) return
    this.#skippedShownAt = now
    this.#put({ skipped: this.#skipped })
  }

  #isDue(name: string, value: DeclaredValue): boolean {
    const before = this.#newest.get(name)
    if (!before || before.stale || before.level !== value.level || before.note !== value.note) return true
    return value.at - before.at >= SHOWN_EVERY_MS
  }

  #show(values: (readonly [string, DeclaredValue])[]): void {
    if (values.length === 0) return
    for (const [name, value] of values) this.#newest.set(name, value)
    this.#put({ values: Object.fromEntries(this.#newest) })
  }

  #put(members: Partial<DeclaredState>): void {
    const { declared } = this.#topic.value
    if (declared) this.#topic.put({ declared: { ...declared, ...members } })
  }

  #push(taken: readonly Taken[], at: number): void {
    const drawn = taken.filter(({ column }) => column !== undefined)
    if (!this.#stream || drawn.length === 0) return
    const row = new Array<number>(this.#stream.columns).fill(NaN)
    for (const { column = 0, value } of drawn) row[column] = typeof value === 'number' ? value : Infinity
    this.#stream.push(at, row)
  }
}

/** Whether a number is beyond its limits. */
function levelOf(value: number, limits: ReadingLimits): DeclaredValue['level'] {
  const { warnBelow = -Infinity, warnAbove = Infinity, badBelow = -Infinity, badAbove = Infinity } = limits
  if (value < badBelow || value > badAbove) return 'bad'
  return value < warnBelow || value > warnAbove ? 'warn' : undefined
}
