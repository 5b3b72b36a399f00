import {
  CONSOLE_MESSAGES,
  consoleAnswerPath,
  type ConsoleExchange,
} from '../../../shared/instrument/console.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Caller } from '../../device/device.ts'
import type { Asker } from '../scpi/asker.ts'
import type { Line } from '../scpi/line.ts'
import type { ScpiError } from '../scpi/errors.ts'
import { classify, type MessageKind } from '../scpi/query.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'
import { type Answers, MOST_ANSWER_BYTES } from './answers.ts'

const ALL_MS = 120_000
const LONGEST_TEXT = 65_536
const HEX_BYTES = 64

/** On whose behalf, and within what limits of time. */
interface Asking {
  caller: Caller
  asker: Asker
  limits: { deadlineMs: number; signal: AbortSignal }
}

interface ConsoleOptions {
  device: string
  line: Line
  answers: Answers
  /** Whether bench.yaml allows it. */
  allowed: boolean
  /** Throws unless this caller may act on the device now; `emits`: and switch its light on. */
  permit: (caller: Caller, emits: boolean) => void
  /** The same for a message whose turn has come. */
  mayContinue: (caller: Caller, emits: boolean) => void
}

/** People's own messages to one instrument, each with its answer. */
export class Console {
  readonly #options: ConsoleOptions

  constructor(options: ConsoleOptions) {
    this.#options = options
  }

  /**
   * Sends the messages, one a line, up to the first that fails on the wire. Throws what `permit` throws, before anything
   * is sent, when one of them may act; `device.unsupported` where there is no console; `device.faulted`.
   */
  async send(text: string, deadlineMs: number, caller: Caller): Promise<ConsoleExchange[]> {
    const { device, line, allowed, permit } = this.#options
    if (!allowed) {
      throw new BenchError('device.unsupported', `bench.yaml has no console for ${device} (console: false)`, {
        device,
      })
    }
    const messages = text
      .split(/\r\n|\r|\n/)
      .map((message) => message.trim())
      .filter((message) => message !== '')
    if (messages.length === 0 || messages.length > CONSOLE_MESSAGES) {
      throw new BenchError('input.invalid', `give 1 to ${CONSOLE_MESSAGES} messages, one a line`, { device })
    }
    const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(ALL_MS)])
    const asking = {
      caller,
      asker: { by: 'console', who: caller.name } as const,
      limits: { deadlineMs, signal },
    }
    if (messages.some((message) => classify(message).acts)) permit(caller, messages.some(this.#mayLight))
    const exchanges: ConsoleExchange[] = []
    for (const message of messages) {
      const { session } = line
      if (!session) throw new BenchError('device.faulted', `${device} is not connected just now`, { device })
      const exchange = await this.#exchange(session, message, asking)
      exchanges.push(exchange)
      if (exchange.error) break
    }
    return exchanges
  }

  async #exchange(
    session: Session,
    sent: string,
    { caller, asker, limits }: Asking,
  ): Promise<ConsoleExchange> {
    const kind = classify(sent)
    const asks = this.#options.line.dialect.errorQueue && kind.own !== 'error'
    let begun = performance.now()
    const job = async (wire: Wire): Promise<ConsoleExchange> => {
      // Somebody may have pressed the stop, or taken the lease, while this waited for its turn.
      const lights = this.#mayLight(sent)
      if (kind.acts) this.#options.mayContinue(caller, lights)
      if (lights) this.#options.line.dialect.light?.comes()
      begun = performance.now()
      const answer = await this.#ask(wire, sent, kind, { caller, limits })
      const ms = performance.now() - begun
      return { sent, ...answer, ms, errors: asks ? await wire.drainErrors(limits) : [] }
    }
    try {
      return await session.run('control', job, limits.signal, asker)
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      const ms = performance.now() - begun
      const said = (): Promise<ScpiError[]> =>
        session.run('control', (wire) => wire.drainErrors(limits), limits.signal, asker)
      // An instrument that does not answer a query has usually said why.
      const errors = asks && error.code === 'device.timeout' ? await said().catch(() => []) : []
      return { sent, kind: 'failed', bytes: 0, ms, error: error.toFailure(), errors }
    }
  }

  readonly #mayLight = (message: string): boolean =>
    this.#options.line.dialect.light?.mayCome(message) ?? false

  async #ask(
    wire: Wire,
    sent: string,
    { answered }: MessageKind,
    { caller, limits }: Pick<Asking, 'caller' | 'limits'>,
  ): Promise<Pick<ConsoleExchange, 'kind' | 'text' | 'hex' | 'bytes' | 'download'>> {
    if (!answered) {
      wire.write(sent)
      return { kind: 'none', bytes: 0 }
    }
    const pieces: Buffer[] = []
    const take = (bytes: Uint8Array): void => void pieces.push(Buffer.from(bytes))
    const { scanner, bytes } = await wire.pass(sent, take, { ...limits, mostBytes: MOST_ANSWER_BYTES })
    const whole = Buffer.concat(pieces)
    const binary = scanner.binary || scanner.blockBytes !== undefined || scanner.indefinite
    const { device, answers } = this.#options
    const kept = binary || bytes > LONGEST_TEXT
    return {
      kind: binary ? 'binary' : 'text',
      bytes,
      ...(binary
        ? { hex: whole.toString('hex', 0, HEX_BYTES) }
        : { text: whole.toString('latin1', 0, LONGEST_TEXT).replace(/\r?\n$/, '') }),
      ...(kept ? { download: consoleAnswerPath(device, answers.keep(device, whole, caller)) } : {}),
    }
  }
}
