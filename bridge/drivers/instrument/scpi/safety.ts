import { BenchError } from '../../../../shared/errors.ts'
import type { Session } from '../../../scpi/session.ts'

/** What makes an instrument safe, and that nothing which was asked for before is done after it. */
export class Safety {
  readonly #device: string
  readonly #session: Session
  readonly #commands: readonly string[]
  #times = 0

  constructor(device: string, session: Session, commands: readonly string[]) {
    this.#device = device
    this.#session = session
    this.#commands = commands
  }

  /** Sends it at once, past every queue and every answer that is owed. */
  send(): void {
    this.#times += 1
    // Messages of their own (IEEE 488.2 section 7.5: NL ends one): one that is refused takes no other with it.
    if (this.#commands.length > 0) this.#session.abort(this.#commands.join('\n'))
  }

  /** For a job that is about to wait for its turn: what it is given throws `aborted` if it was made safe meanwhile. */
  ticket(): () => void {
    const times = this.#times
    return () => {
      if (times === this.#times) return
      throw new BenchError('aborted', `${this.#device} was made safe before this was done: ask again`, {
        device: this.#device,
      })
    }
  }
}
