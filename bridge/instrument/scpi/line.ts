import { BenchError } from '../../../shared/wire/errors.ts'
import { monotonicMs } from '../../core/clock.ts'
import type { Asker } from './asker.ts'
import { Journal } from './journal.ts'
import type { Light } from './light.ts'
import type { Session } from './session.ts'

/** What a driver knows of its instrument's language. */
export interface Dialect {
  /** Headers that the console completes, in the manual's spelling: `:SYSTem:ERRor?`. */
  headers: readonly string[]
  /** Whether the instrument has SYSTem:ERRor? (SCPI-1999 volume 2 section 21.8). */
  errorQueue: boolean
  /** Of an instrument that can emit. */
  light?: Light | undefined
}

/** Somebody who keeps all others off the line for a while. */
export interface Keeper {
  who: string
  /** By the monotonic clock; the keeper has let go by then. */
  until: number
}

const lines = new WeakMap<object, Line>()

/** An instrument's line as the bench knows it: it outlives the sessions, one after the other, that use it. */
export class Line {
  readonly journal = new Journal()
  dialect: Dialect = { headers: [], errorQueue: false }
  /** The session while there is one. */
  session: Session | undefined
  keeper: Keeper | undefined

  /** The line of the device that shows its state there: the topic is what a device keeps from one opening to the next. */
  static of(state: object): Line {
    const known = lines.get(state)
    if (known) return known
    const line = new Line()
    lines.set(state, line)
    return line
  }

  /** A `device.busy` that names the keeper, for those whom it keeps off: all but the driver itself and the keeper's own messages. */
  keptFrom({ by }: Asker, device: string): BenchError | undefined {
    if (!this.keeper || by === 'share' || by === 'driver' || by === 'bridge') return undefined
    const { who, until } = this.keeper
    const seconds = Math.max(1, Math.ceil((until - monotonicMs()) / 1000))
    return new BenchError(
      'device.busy',
      `${who} has locked ${device}: wait until it lets go, ${seconds} s at most`,
      {
        device,
      },
    )
  }
}
