import type { BenchError } from '../../../shared/wire/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Line } from '../scpi/line.ts'
import { Admission } from './admission.ts'
import type { ShareConfig } from './config.ts'
import type { Desk } from './desk.ts'
import type { Guest } from './guest.ts'
import { hislipReception } from './hislip/server.ts'
import { Hub } from './hub.ts'
import { type Listening, listenFor } from './listen.ts'
import { RawGuest } from './raw.ts'
import { listenForVxi11 } from './vxi11/server.ts'

const STATUS_MS = 1000

interface SharedPortOptions {
  device: string
  line: Line
  config: ShareConfig
  log: Logger
  /** Why a program may do nothing but ask now; `acts`: the configuration lets it act whoever holds the lease. */
  whyNot: (acts: boolean) => BenchError | undefined
  /** Ends the light that a program had switched on. */
  endLight: (who: string) => void
  /** How long a program may read nothing of what it was sent. */
  stallMs?: number
}

/** The ports on which one instrument is shared. */
export class SharedPort implements AsyncDisposable {
  readonly hub: Hub
  readonly #options: SharedPortOptions
  readonly #listening: { raw?: Listening; hislip?: Listening; portmapper?: Listening } = {}
  #lastStatus = 0

  private constructor(options: SharedPortOptions) {
    this.#options = options
    const { line, log, config, whyNot, endLight, stallMs } = options
    this.hub = new Hub({
      line,
      log,
      lockMs: config.lockSeconds * 1000,
      answerMs: config.answerSeconds * 1000,
      whyNot,
      endLight,
      ...(stallMs === undefined ? {} : { stallMs }),
    })
  }

  /** Listens. Rejects with `config.invalid` when a port is taken. */
  static async open(options: SharedPortOptions): Promise<SharedPort> {
    const shared = new SharedPort(options)
    const { config, log } = options
    const admission = new Admission(config.clients)
    const join = (guest: Guest): void => shared.hub.join(guest)
    try {
      shared.#listening.raw = await listenFor(admission, config.port, log, (socket, admitted) =>
        join(new RawGuest(socket, admitted, log)),
      )
      if (config.hislipPort !== undefined) {
        const reception = hislipReception(shared.#desk, join, log)
        shared.#listening.hislip = await listenFor(admission, config.hislipPort, log, reception)
      }
      if (config.portmapperPort !== undefined) {
        const { portmapperPort } = config
        shared.#listening.portmapper = await listenForVxi11(
          admission,
          portmapperPort,
          log,
          shared.#desk,
          join,
        )
      }
    } catch (error) {
      await shared[Symbol.asyncDispose]()
      throw error
    }
    log.info(shared.address, `${options.device} is shared with other programs`)
    return shared
  }

  /** Where it listens. */
  get address(): { host: string; port: number; hislipPort?: number; portmapperPort?: number } {
    const { raw, hislip, portmapper } = this.#listening
    return {
      host: raw?.host ?? '',
      port: raw?.port ?? 0,
      ...(hislip ? { hislipPort: hislip.port } : {}),
      ...(portmapper ? { portmapperPort: portmapper.port } : {}),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub[Symbol.dispose]()
    await Promise.all(Object.values(this.#listening).map((listening) => listening[Symbol.asyncDispose]()))
  }

  get #desk(): Desk {
    const { lock } = this.hub
    return {
      lock: async (guest, waitMs) => this.hub.mayLock(guest) && lock.wait(guest, waitMs, guest.signal),
      unlock: (guest) => lock.release(guest),
      holds: (guest) => lock.owner === guest,
      locked: () => lock.owner !== undefined,
      statusByte: (guest) => this.#statusByte(guest),
    }
  }

  /** The instrument's, or its last known one while the line is busy: a poll of the status must not wait for answers. */
  async #statusByte(guest: Guest): Promise<number> {
    if (!this.hub.lock.allows(guest)) return this.#lastStatus
    const asker = { by: 'share', who: guest.who } as const
    const asked = this.#options.line.session?.statusByte(asker, AbortSignal.timeout(STATUS_MS))
    this.#lastStatus = (await asked?.catch(() => undefined)) ?? this.#lastStatus
    return this.#lastStatus
  }
}
