import type { WatchKind } from '../../shared/watch-what.ts'

/** A watch that waits for its check. */
export interface Waiting {
  id: string
  kind: WatchKind
  /** What it uses: a device or a host. Those that use the same wait for each other. */
  group: string
  /** The person who asked; undefined for one that is due. */
  by: string | undefined
}

export interface Limits {
  /** How many of a kind are checked at once, and how many of one device or host. */
  atOnce: Readonly<Record<WatchKind, number>>
  perGroup: Readonly<Record<WatchKind, number>>
  most: number
}

/** Those of one kind that wait, a line for each group: the groups take turns. */
type Lines = Map<string, Waiting[]>

/** Who is checked next: what a person asked for before what is due, every device in its turn, each watch once. */
export class Queue {
  readonly #limits: Limits
  readonly #waiting = new Map<string, Waiting>()
  readonly #lines: Record<WatchKind, { asked: Lines; due: Lines }>
  readonly #running = new Map<string, Waiting>()
  readonly #runningOf: Record<WatchKind, number> = { reading: 0, trace: 0, picture: 0, page: 0 }
  readonly #runningIn = new Map<string, number>()

  constructor(limits: Limits) {
    this.#limits = limits
    const lines = (): { asked: Lines; due: Lines } => ({ asked: new Map(), due: new Map() })
    this.#lines = { reading: lines(), trace: lines(), picture: lines(), page: lines() }
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
      if (there.by !== undefined || entry.by === undefined) return 'there'
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
    const lines = this.#linesOf(entry)
    const line = lines.get(entry.group)?.filter((other) => other.id !== id) ?? []
    if (line.length > 0) lines.set(entry.group, line)
    else lines.delete(entry.group)
  }

  /** The next that may begin now; it counts as running until `done`. */
  next(): Waiting | undefined {
    for (const kind of ['reading', 'trace', 'picture', 'page'] as const) {
      if (this.#runningOf[kind] >= this.#limits.atOnce[kind]) continue
      const { asked, due } = this.#lines[kind]
      const entry = this.#take(kind, asked) ?? this.#take(kind, due)
      if (!entry) continue
      this.#waiting.delete(entry.id)
      this.#running.set(entry.id, entry)
      this.#runningOf[kind] += 1
      const place = `${kind} ${entry.group}`
      this.#runningIn.set(place, (this.#runningIn.get(place) ?? 0) + 1)
      return entry
    }
    return undefined
  }

  done(id: string): void {
    const entry = this.#running.get(id)
    if (!entry) return
    this.#running.delete(id)
    this.#runningOf[entry.kind] -= 1
    const place = `${entry.kind} ${entry.group}`
    const left = (this.#runningIn.get(place) ?? 1) - 1
    if (left > 0) this.#runningIn.set(place, left)
    else this.#runningIn.delete(place)
  }

  #linesOf({ kind, by }: Waiting): Lines {
    return by === undefined ? this.#lines[kind].due : this.#lines[kind].asked
  }

  #put(entry: Waiting): void {
    this.#waiting.set(entry.id, entry)
    const lines = this.#linesOf(entry)
    const line = lines.get(entry.group)
    if (line) line.push(entry)
    else lines.set(entry.group, [entry])
  }

  #take(kind: WatchKind, lines: Lines): Waiting | undefined {
    for (const [group, line] of lines) {
      if ((this.#runningIn.get(`${kind} ${group}`) ?? 0) >= this.#limits.perGroup[kind]) continue
      const entry = line.shift()
      // The group goes to the end: the others have their turn first.
      lines.delete(group)
      if (line.length > 0) lines.set(group, line)
      if (entry) return entry
    }
    return undefined
  }
}
