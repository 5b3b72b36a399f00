import { randomBytes } from 'node:crypto'
import { BenchError } from '../../../shared/wire/errors.ts'
import { monotonicMs } from '../../core/clock.ts'
import type { Caller } from '../../device/device.ts'
import { personOf } from '../../core/owner.ts'

/** An answer of this length at most can be had through the console, and so much is kept of them in all. */
export const MOST_ANSWER_BYTES = 64 << 20
const MOST_KEPT = 20
const KEPT_MS = 600_000

type Person = Pick<Caller, 'via' | 'name' | 'key'>

interface Kept {
  device: string
  person: string
  bytes: Buffer
  /** By the monotonic clock. */
  at: number
}

/** Answers that are too long, or no text, for the console to show: kept for ten minutes, to be fetched. */
export class Answers {
  readonly #kept = new Map<string, Kept>()

  /** Keeps an answer; gives the name under which whoever has asked can fetch it, on any page of theirs. */
  keep(device: string, bytes: Buffer, asker: Person): string {
    this.#forget(bytes.length)
    const id = randomBytes(9).toString('base64url')
    this.#kept.set(id, { device, person: personOf(asker), bytes, at: monotonicMs() })
    return id
  }

  /** Throws `trace.unknown` when it is kept no longer, or is somebody else's. */
  get(device: string, id: string, asker: Person): Buffer {
    this.#forget(0)
    const kept = this.#kept.get(id)
    if (kept?.device === device && kept.person === personOf(asker)) return kept.bytes
    throw new BenchError('trace.unknown', 'this answer is kept no longer: send the message again', { device })
  }

  #forget(more: number): void {
    let bytes = more
    for (const kept of this.#kept.values()) bytes += kept.bytes.length
    for (const [id, kept] of this.#kept) {
      const old = monotonicMs() - kept.at > KEPT_MS
      const many = bytes > MOST_ANSWER_BYTES || (more > 0 && this.#kept.size >= MOST_KEPT)
      if (!old && !many) return
      this.#kept.delete(id)
      bytes -= kept.bytes.length
    }
  }
}
