import { RxBuffer } from './rx-buffer.ts'

/** A line that is to be executed; the answer to another channel's goes there. */
export interface Taken {
  line: string
  isOther: boolean
}

/** What the controller is sent: by its client byte by byte, by other channels (a pendant, a web page) line by line. */
export class Intake {
  readonly rx: RxBuffer
  readonly #others: string[] = []
  /** performance.now() until which nothing is heard, or nothing is executed. */
  #deafUntil = 0
  #pausedUntil = 0

  constructor(rxBytes: number) {
    this.rx = new RxBuffer(rxBytes)
  }

  get isDeaf(): boolean {
    return performance.now() < this.#deafUntil
  }

  get isPaused(): boolean {
    return performance.now() < this.#pausedUntil
  }

  deafen(ms: number): void {
    this.#deafUntil = performance.now() + ms
  }

  pause(ms: number): void {
    this.#pausedUntil = performance.now() + ms
  }

  pushOther(line: string): void {
    this.#others.push(line)
  }

  /** The next whole line; undefined while there is none. */
  take(): Taken | undefined {
    const other = this.#others.shift()
    if (other !== undefined) return { line: other, isOther: true }
    const line = this.rx.takeLine()
    return line === undefined ? undefined : { line, isOther: false }
  }

  clear(): void {
    this.#others.length = 0
    this.rx.clear()
  }
}
