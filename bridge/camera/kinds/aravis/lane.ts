import type { Aravis, Failing, Native, Out, Pointer } from './native.ts'

/** What Aravis says when something fails: `code` is one of ArvDeviceError, or of ArvGcError. */
export class AravisError extends Error {
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

/** Runs a native function on a thread of its own. */
export function awaited<A extends unknown[], R>(native: Native<A, R>, ...args: A): Promise<R> {
  return new Promise((resolve, reject) => {
    native.async(...args, (error, result) => {
      if (error) reject(error instanceof Error ? error : new Error('a native call failed'))
      else resolve(result)
    })
  })
}

/** Everything that is asked of one camera, one after another: Aravis' features are not for two threads at a time. */
export class Lane {
  readonly aravis: Aravis
  #last: Promise<unknown> = Promise.resolve()

  constructor(aravis: Aravis) {
    this.aravis = aravis
  }

  /** Off the main thread: a camera that has gone keeps a question for seconds. Rejects with AravisError. */
  ask<A extends unknown[], R>(native: Failing<A, R>, ...args: A): Promise<R> {
    return this.#after(async () => {
      const error: Out<Pointer | null> = [null]
      const result = await awaited(native, ...([...args, error] as [...A, Out<Pointer | null>]))
      if (error[0] === null) return result
      const { message, code } = this.aravis.takeError(error[0])
      throw new AravisError(message, code)
    })
  }

  /** Does quick work that asks nothing of the camera while nothing else is asked of it. */
  do<R>(work: () => R): Promise<R> {
    return this.#after(async () => work())
  }

  #after<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
