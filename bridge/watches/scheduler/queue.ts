import type { WatchKind } from '../../../shared/watches/watch-what.ts'

/** What is checked side by side: pages in the browser are no others' business. */
export type Lane = WatchKind | 'browser'

/** A watch that waits for its check. */
export interface Waiting {
  id: string
  lane: Lane
  /** What it uses: a device or a host. Those that use the same wait for each other. */
  group: string
  /** The person who asked; undefined for one that is due. */
  by: string | undefined
  /** It came to nothing beside others, and is checked again with none of its lane beside it. */
  alone?: true
}

export interface Limits {
  /** How many of a lane are checked at once, and how many of one device or host. */
  atOnce: Readonly<Record<Lane, number>>
  perGroup: Readonly<Record<Lane, number>>
  most: number
}

/** Those of one lane that wait, a line for each group: the groups take turns. */
type Lines = Map<string, Waiting[]>

const LANES: readonly Lane[] = ['reading', 'trace', 'picture', 'page', 'browser']

/** Who is checked next: what a person asked for before what is due, every device in its turn, each watch once. */
export class Queue {
  readonly #limits: Limits
  readonly #waiting = new Map<string, Waiting>()
  readonly #lines: Record<Lane, { asked: Lines; due: Lines }>
  readonly #alone: Waiting[] = []
  readonly #running = new Map<string, Waiting>()
  readonly #runningOf: Record<Lane, number> = { reading: 0, trace: 0, picture: 0, page: 0, browser: 0 }
  readonly #runningIn = new Map<string, number>()

  constructor(limits: Limits) {
    this.#limits = limits
    const lines = (): { asked: Lines; due: Lines } => ({ asked: new Map(), due: new Map() })
    this.#lines = { reading: lines(), trace: lines(), picture: lines(), page: lines(), browser: lines() }
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get running(): number {
    return this.#running.size
  }

  isWaiting(id: string): boolean {
    return this.#waiting.has(id)
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  /** Puts a watch in its line. One that waits already moves ahead when a person asks for it. */
  add(entry: Waiting): 'added' | 'moved' | 'there' | 'full' {
    const there = this.#waiting.get(entry.id)
    if (there) {
      if (there.alone || there.by !== undefined || entry.by === undefined) return 'there'
      this.remove(entry.id)
      this.#put(entry)
      return 'moved'
    }
    if (this.#waiting.size >= this.#limits.most) return 'full'
    this.#put(entry)
    return 'added'
  }

  /** Takes a watch out of its line. */
  remove(id: string): void {
    const entry = this.#waiting.get(id)
    if (!entry) return
    this.#waiting.delete(id)
    if (entry.alone) {
      this.#alone.splice(this.#alone.indexOf(entry), 1)
      return
    }
    const lines = this.#linesOf(entry)
    const line = lines.get(entry.group)?.filter((other) => other.id !== id) ?? []
    if (line.length > 0) lines.set(entry.group, line)
    else lines.delete(entry.group)
  }

  /** The next that may begin now; it counts as running until `done`. */
  next(): Waiting | undefined {
    for (const lane of LANES) {
      const entry = this.#nextOf(lane)
      if (!entry) continue
      this.#waiting.delete(entry.id)
      this.#running.set(entry.id, entry)
      this.#runningOf[lane] += 1
      const place = placeOf(entry)
      this.#runningIn.set(place, (this.#runningIn.get(place) ?? 0) + 1)
      return entry
    }
    return undefined
  }

  done(id: string): void {
    const entry = this.#running.get(id)
    if (!entry) return
    this.#running.delete(id)
    this.#runningOf[entry.lane] -= 1
    const place = placeOf(entry)
    const left = (this.#runningIn.get(place) ?? 1) - 1
    if (left > 0) this.#runningIn.set(place, left)
    else this.#runningIn.delete(place)
  }

  #nextOf(lane: Lane): Waiting | undefined {
    const running = this.#runningOf[lane]
    if (running >= this.#limits.atOnce[lane]) return undefined
    const alone = this.#alone.find((entry) => entry.lane === lane)
    if (alone) {
      // Nobody begins before it: those that run come to their end.
      if (running > 0) return undefined
      this.#alone.splice(this.#alone.indexOf(alone), 1)
      return alone
    }
    if (running === 1 && [...this.#running.values()].some((entry) => entry.lane === lane && entry.alone)) {
      return undefined
    }
    const { asked, due } = this.#lines[lane]
    return this.#take(lane, asked) ?? this.#take(lane, due)
  }

  #linesOf({ lane, by }: Waiting): Lines {
    return by === undefined ? this.#lines[lane].due : this.#lines[lane].asked
  }

  #put(entry: Waiting): void {
    this.#waiting.set(entry.id, entry)
    if (entry.alone) {
      this.#alone.push(entry)
      return
    }
    const lines = this.#linesOf(entry)
    const line = lines.get(entry.group)
    if (line) line.push(entry)
    else lines.set(entry.group, [entry])
  }

  #take(lane: Lane, lines: Lines): Waiting | undefined {
    for (const [group, line] of lines) {
      if ((this.#runningIn.get(placeOf({ lane, group })) ?? 0) >= this.#limits.perGroup[lane]) continue
      const entry = line.shift()
      // The group goes to the end: the others have their turn first.
      lines.delete(group)
      if (line.length > 0) lines.set(group, line)
      if (entry) return entry
    }
    return undefined
  }
}

/** A host is asked for its pages whether the browser asks or not. */
function placeOf({ lane, group }: Pick<Waiting, 'lane' | 'group'>): string {
  return `${lane === 'browser' ? 'page' : lane} ${group}`
}
