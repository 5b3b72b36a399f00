import { randomBytes } from 'node:crypto'
import { BenchError } from '../../shared/errors.ts'

/** An answer of this length at most can be had through the console, and so much is kept of them in all. */
export const MOST_ANSWER_BYTES = 64 << 20
const MOST_KEPT = 20
const KEPT_MS = 600_000

interface Kept {
  device: string
  bytes: Buffer
  at: number
}

/** Answers that are too long, or no text, for the console to show: kept for ten minutes, to be fetched. */
export class Answers {
  readonly #kept = new Map<string, Kept>()

  /** Keeps an answer; gives the name under which it can be fetched. */
  keep(device: string, bytes: Buffer): string {
    this.#forget(bytes.length)
    const id = randomBytes(9).toString('base64url')
    this.#kept.set(id, { device, bytes, at: Date.now() })
    return id
  }

  /** Throws `trace.unknown` when it is kept no longer. */
  get(device: string, id: string): Buffer {
    this.#forget(0)
    const kept = this.#kept.get(id)
    if (kept?.device === device) return kept.bytes
    throw new BenchError('trace.unknown', 'this answer is kept no longer: send the message again', { device })
  }

  #forget(more: number): void {
    let bytes = more
    for (const kept of this.#kept.values()) bytes += kept.bytes.length
    for (const [id, kept] of this.#kept) {
      const old = Date.now() - kept.at > KEPT_MS
      const many = bytes > MOST_ANSWER_BYTES || (more > 0 && this.#kept.size >= MOST_KEPT)
      if (!old && !many) return
      this.#kept.delete(id)
      bytes -= kept.bytes.length
    }
  }
}
