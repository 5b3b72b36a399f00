/** A definite-length block (IEEE 488.2 §8.7.9). A broken one ends in its middle. */
export type Block = { head: string; body: Buffer; broken: boolean }

/** What a query answers with; text comes as a buffer where it is long. */
export type Reply = string | Buffer | Block

/** The commands that follow must wait. */
export class Wait {
  readonly until: Promise<void>

  constructor(until: Promise<void>) {
    this.until = until
  }
}

export type Outcome = Reply | Promise<Reply> | Wait | undefined

/** `#73760004` and its bytes, or what a fault makes of them. */
export function block(body: Buffer, fault?: 'half' | 'length'): Block {
  const length = String(body.length)
  const head = fault === 'length' ? '#9999999999' : `#${length.length}${length}`
  if (fault !== 'half') return { head, body, broken: false }
  return { head, body: body.subarray(0, body.length >> 1), broken: true }
}
