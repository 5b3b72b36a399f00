import { BenchError } from '../../../shared/wire/errors.ts'
import type { BusControls, OpenTransport, Receiver, Transport } from '../transport.ts'
import { AsyncChannel } from './async-channel.ts'
import { MessageType } from './message.ts'
import { SyncChannel } from './sync-channel.ts'

/** The version that this client speaks, and two letters for who made it (IVI-6.1 section 6.1). */
const VERSION = 0x0200
const VENDOR = 0x4c42 // LB
const ENCRYPTION_MANDATORY = 2
const OVERLAP = 1

/** `mode` is the instrument's own choice when left out. */
export interface HislipOptions {
  mode?: 'synchronized' | 'overlap' | undefined
}

/** An instrument that speaks HiSLIP (IVI-6.1 revision 2.0), as `TCPIP::host::hislip0::INSTR` names it. */
export function hislipTransport(
  host: string,
  port: number,
  subAddress: string,
  options: HislipOptions = {},
): OpenTransport {
  return async (receiver, signal) => {
    const transport = new HislipTransport(receiver, subAddress, options)
    try {
      await transport.open(host, port, signal)
    } catch (error) {
      transport.close()
      throw error
    }
    return transport
  }
}

class HislipTransport implements Transport {
  readonly marksEnd = true
  readonly bus: BusControls
  readonly #receiver: Receiver
  readonly #subAddress: string
  readonly #wanted: HislipOptions['mode']
  #sync: SyncChannel | undefined
  #async: AsyncChannel | undefined
  #up = false
  #over = false
  #clearing: Promise<void> | undefined

  constructor(receiver: Receiver, subAddress: string, options: HislipOptions) {
    this.#receiver = receiver
    this.#subAddress = subAddress
    this.#wanted = options.mode
    this.bus = {
      readStatusByte: async (given) => {
        const { sync, async } = this.#channels
        return async.readStatusByte(sync.takeRmtDelivered(), sync.lastId, given)
      },
      trigger: async () => this.#channels.sync.trigger(),
      lock: async (waitMs, given) => this.#channels.async.lock(waitMs, given),
      unlock: async (given) => this.#channels.async.unlock(this.#channels.sync.lastId, given),
      remote: async (on, given) => this.#channels.async.remote(on, this.#channels.sync.lastId, given),
    }
  }

  async open(host: string, port: number, signal: AbortSignal): Promise<void> {
    const lose = (error: BenchError): void => this.#lose(error)
    const sync = await SyncChannel.open(host, port, this.#receiver, lose, signal)
    this.#sync = sync
    const { Initialize, InitializeResponse } = MessageType
    const { header } = await sync.ask(Initialize, InitializeResponse, signal, {
      parameter: VERSION * 0x10000 + VENDOR,
      payload: this.#subAddress,
    })
    if (header.control & ENCRYPTION_MANDATORY) {
      const what = `${sync.peer} takes encrypted connections only, which are not spoken here: switch that off at it`
      throw new BenchError('device.unsupported', what)
    }
    this.#async = await AsyncChannel.open(
      host,
      port,
      header.parameter & 0xffff,
      {
        serviceRequested: (statusByte) => this.#receiver.serviceRequested?.(statusByte),
        interrupted: () => sync.interrupted('async'),
        closed: lose,
      },
      signal,
    )
    sync.limit(await this.#async.agreeOnSize(signal))
    sync.overlap = (header.control & OVERLAP) !== 0
    if (this.#wanted !== undefined && this.#wanted !== this.mode) {
      // The mode is agreed upon in a device clear and nowhere else (IVI-6.1 section 6.12).
      await this.clear(signal)
      if (this.mode !== this.#wanted)
        throw new BenchError('device.unsupported', `${sync.peer} does not work in ${this.#wanted} mode`)
    }
    this.#up = true
  }

  get peer(): string {
    return `${this.#channels.sync.peer} (${this.#subAddress})`
  }

  get mode(): 'synchronized' | 'overlap' {
    return this.#channels.sync.overlap ? 'overlap' : 'synchronized'
  }

  write(bytes: string): void {
    this.#sync?.write(bytes)
  }

  expectAnswer(): void {
    this.#sync?.expectAnswer()
  }

  clear(signal: AbortSignal): Promise<void> {
    this.#clearing ??= this.#clear(signal).finally(() => (this.#clearing = undefined))
    return this.#clearing
  }

  close(error?: BenchError): void {
    this.#over = true
    this.#sync?.close(error)
    this.#async?.close(error)
  }

  get #channels(): { sync: SyncChannel; async: AsyncChannel } {
    if (!this.#sync || !this.#async) throw new BenchError('connection.lost', 'the connection is not open')
    return { sync: this.#sync, async: this.#async }
  }

  /** IVI-6.1 section 6.12. */
  async #clear(signal: AbortSignal): Promise<void> {
    const { sync, async } = this.#channels
    sync.clearBegins()
    const preferred = await async.clear(signal)
    const wanted = { overlap: OVERLAP, synchronized: 0 }[this.#wanted ?? this.#preference(preferred)]
    const { DeviceClearComplete, DeviceClearAcknowledge } = MessageType
    const { header } = await sync.ask(DeviceClearComplete, DeviceClearAcknowledge, signal, {
      control: wanted,
    })
    sync.clearOver((header.control & OVERLAP) !== 0)
  }

  #preference(features: number): 'synchronized' | 'overlap' {
    return features & OVERLAP ? 'overlap' : 'synchronized'
  }

  #lose(error: BenchError): void {
    if (this.#over) return
    this.close(error)
    if (this.#up) this.#receiver.closed(error)
  }
}
