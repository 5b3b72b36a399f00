/** What came back for a request; `error` set when it was refused. */
export interface Answer {
  producerId?: string
  /** What a copy of a stream's packets is known by. */
  copy?: { ssrc: number; payloadType: number }
  error?: string
}

const ANSWER_MS = 5000

/** Requests that went to the bridge and wait for their answers. */
export class Requests {
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #last = 0

  /** Sends a request under a number of its own. Rejects when it is refused, or not answered within 5 s. */
  ask(send: (request: number) => void): Promise<Answer> {
    const request = ++this.#last
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#waiting.delete(request)
        reject(new Error(`the bridge did not answer within ${ANSWER_MS} ms`))
      }, ANSWER_MS)
      this.#waiting.set(request, (answer) => {
        clearTimeout(limit)
        this.#waiting.delete(request)
        if (answer.error === undefined) resolve(answer)
        else reject(new Error(answer.error))
      })
      send(request)
    })
  }

  answer(request: number, answer: Answer): void {
    this.#waiting.get(request)?.(answer)
  }
}
