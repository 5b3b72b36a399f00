import type { ServerResponse } from 'node:http'

/** How soon an answer ends after the right to it has. */
const LOOK_EVERY_MS = 1000

/** Answers that are under way, each of which ends when its caller has no right to it any more. */
class StandingAnswers {
  readonly #open = new Map<ServerResponse, () => boolean>()
  #look: NodeJS.Timeout | undefined

  /** Ends the answer once `stands()` is false, until it is over by itself. */
  watch(answer: ServerResponse, stands: () => boolean): void {
    if (answer.closed) return
    this.#open.set(answer, stands)
    this.#look ??= setInterval(() => this.#lookAll(), LOOK_EVERY_MS).unref()
    answer.once('close', () => {
      this.#open.delete(answer)
      if (this.#open.size > 0) return
      clearInterval(this.#look)
      this.#look = undefined
    })
  }

  #lookAll(): void {
    for (const [answer, stands] of this.#open) if (!isTrue(stands)) answer.destroy()
  }
}

/** Whose right cannot be found out has none. */
function isTrue(stands: () => boolean): boolean {
  try {
    return stands()
  } catch {
    return false
  }
}

/** The answers of this process. */
export const standingAnswers = new StandingAnswers()
