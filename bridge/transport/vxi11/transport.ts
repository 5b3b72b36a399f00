import { BenchError } from '../../../shared/wire/errors.ts'
import { withDeadline } from '../../core/deadline.ts'
import { type BusControls, type OpenTransport, pour, type Receiver, type Transport } from '../transport.ts'
import { CORE, CoreLink, Vxi11Error } from './core.ts'
import { type InterruptServer, listenForService } from './interrupt.ts'
import { findPort, PORTMAPPER_PORT } from './portmapper.ts'

/** How long a read waits at the instrument before other calls have their turn: they share the core channel. */
const READ_MS = 500
const CLEAR_MS = 5000
const MOST_WAITING_BYTES = 1 << 20
const MOST_WAITING_CALLS = 64
/** An instrument that says nothing this often, without taking the time it was given, will say nothing. */
const MOST_EMPTY_READS = 1000
const HANDLE = Buffer.from('lightbench')

/** `corePort` leaves the portmapper out, for an instrument behind a router that lets just that through. */
export interface Vxi11Options {
  portmapperPort?: number | undefined
  corePort?: number | undefined
}

/** An instrument that speaks VXI-11 revision 1.0, as `TCPIP::host::inst0::INSTR` names it. */
export function vxi11Transport(host: string, device: string, options: Vxi11Options = {}): OpenTransport {
  return async (receiver, signal) => {
    const portmapper = { host, port: options.portmapperPort ?? PORTMAPPER_PORT }
    const port = options.corePort ?? (await findPort(portmapper, CORE.program, CORE.version, signal))
    const transport = new Vxi11Transport(receiver, host, device)
    try {
      await transport.open(port, signal)
    } catch (error) {
      transport.close()
      throw error
    }
    return transport
  }
}

/** Waiting for the core channel. */
interface Job {
  run: () => Promise<void>
  /** Of a message: how long it is, and whether an answer to it is read behind it. */
  bytes?: number
  answered?: boolean
  dropped?: (error: BenchError) => void
}

/** One call at a time goes over the core channel: other calls first, then a clear that is due, then messages and answers. */
class Vxi11Transport implements Transport {
  readonly marksEnd = true
  readonly bus: BusControls
  readonly #receiver: Receiver
  readonly #host: string
  readonly #device: string
  readonly #over = new AbortController()
  #link!: CoreLink
  #interrupts: InterruptServer | undefined
  #jobs: Job[] = []
  #jobBytes = 0
  readonly #calls: Job[] = []
  #clear: PromiseWithResolvers<void> | undefined
  #owed = false
  #busy = false
  #canAbort = false
  #aborting: Promise<void> | undefined

  constructor(receiver: Receiver, host: string, device: string) {
    this.#receiver = receiver
    this.#host = host
    this.#device = device
    this.bus = {
      readStatusByte: (signal) => this.#call((link) => link.readStatusByte(signal), signal),
      trigger: (signal) => this.#call((link) => link.simple('device_trigger', signal), signal, 'in turn'),
      lock: (waitMs, signal) => this.#call((link) => link.lock(waitMs, signal), signal),
      unlock: (signal) => this.#call((link) => link.unlock(signal), signal),
      remote: (on, signal) =>
        this.#call((link) => link.simple(on ? 'device_remote' : 'device_local', signal), signal),
    }
  }

  async open(port: number, signal: AbortSignal): Promise<void> {
    this.#link = await CoreLink.open(this.#host, port, this.#device, signal, (error) => this.#lose(error))
    if (this.#receiver.serviceRequested) await this.#listen(signal)
  }

  get peer(): string {
    return `${this.#link.peer} (${this.#device})`
  }

  write(bytes: string): void {
    if (this.#owed)
      void this.#void(new BenchError('aborted', `the answer of ${this.peer} gave way to the next message`))
    this.#jobBytes += bytes.length
    if (this.#jobBytes > MOST_WAITING_BYTES) {
      this.#link.fail(new BenchError('connection.lost', `${this.peer} takes nothing of what is sent`))
      return
    }
    const run = (): Promise<void> =>
      this.#abortable((link) => link.write(Buffer.from(bytes, 'latin1'), this.#over.signal))
    this.#jobs.push({ run, bytes: bytes.length })
    this.#pump()
  }

  expectAnswer(): void {
    this.#owed = true
    const asking = this.#jobs.at(-1)
    if (asking?.bytes !== undefined) asking.answered = true
    this.#jobs.push({ run: () => this.#read() })
    this.#pump()
  }

  async clear(signal: AbortSignal): Promise<void> {
    const cleared = this.#void(new BenchError('aborted', `${this.peer} was cleared`))
    this.#pump()
    await withDeadline(cleared, CLEAR_MS, `clearing ${this.peer}`, { signal })
  }

  close(): void {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    this.#interrupts?.[Symbol.dispose]()
    // Undefined when the link was refused.
    ;(this.#link as CoreLink | undefined)?.close()
  }

  /** An instrument that has no interrupt channel just never asks. */
  async #listen(signal: AbortSignal): Promise<void> {
    const server = await listenForService(this.#link.localAddress, HANDLE, () =>
      this.#receiver.serviceRequested?.(undefined),
    )
    if (!server) return
    try {
      await this.#link.reportService(server.address, server.port, HANDLE, signal)
      this.#interrupts = server
    } catch (error) {
      server[Symbol.dispose]()
      if (!(error instanceof Vxi11Error)) throw error
    }
  }

  /** Ends an answer that is owed, and has the instrument forget it before anything else is sent. */
  #void(error: BenchError): Promise<void> {
    this.#forget(error)
    this.#clear ??= Promise.withResolvers<void>()
    // Whoever writes over an answer does not wait for the clear; its failure ends the connection in any case.
    this.#clear.promise.catch(() => {})
    if (this.#canAbort) {
      this.#aborting = this.#link.abort(this.#host, this.#over.signal).catch(() => {
        // An instrument without an abort channel: a read ends by itself, READ_MS later at most.
      })
    }
    this.#receiver.failed?.(error)
    return this.#clear.promise
  }

  #forget(error: BenchError): void {
    this.#owed = false
    for (const job of this.#jobs) job.dropped?.(error)
    this.#jobs = []
    this.#jobBytes = 0
  }

  /** A call that goes before the messages, as soon as the one that is under way is over, or in its turn among them. */
  #call<T>(run: (link: CoreLink) => Promise<T>, signal: AbortSignal, when?: 'in turn'): Promise<T> {
    if (this.#calls.length >= MOST_WAITING_CALLS)
      return Promise.reject(
        new BenchError('device.busy', `${this.peer} has ${MOST_WAITING_CALLS} calls waiting already`),
      )
    return new Promise((resolve, reject) => {
      const stop = AbortSignal.any([signal, this.#over.signal])
      const leave = (): void => {
        const reason = signal.aborted ? 'aborted' : 'connection.lost'
        reject(new BenchError(reason, `a call to ${this.peer} was given up`, { cause: stop.reason }))
      }
      stop.addEventListener('abort', leave, { once: true })
      if (stop.aborted) leave()
      const job = async (): Promise<void> => {
        if (!stop.aborted) await run(this.#link).then(resolve, reject)
        stop.removeEventListener('abort', leave)
      }
      ;(when ? this.#jobs : this.#calls).push({ run: job, dropped: reject })
      this.#pump()
    })
  }

  #pump(): void {
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    while (!this.#over.signal.aborted) {
      const call = this.#calls.shift()
      if (call) await call.run()
      else if (this.#clear) await this.#clearNow(this.#clear)
      else {
        const job = this.#jobs.shift()
        if (!job) break
        this.#jobBytes -= job.bytes ?? 0
        await job.run().catch((error: unknown) => this.#failed(error))
      }
    }
    this.#busy = false
  }

  async #read(): Promise<void> {
    let nothing = 0
    while (this.#owed && !this.#clear) {
      const take = (data: Buffer, end: boolean): void => {
        if (this.#clear || this.#over.signal.aborted) return
        // Before the receiver hears of the end, for it may well write at once.
        if (end) this.#owed = false
        pour(this.#receiver, data, end)
      }
      const came = await this.#abortable((link) => link.read(take, READ_MS, this.#over.signal))
      if (came === 'done') return
      nothing = came === 'nothing' ? nothing + 1 : 0
      if (nothing > MOST_EMPTY_READS) throw new BenchError('device.timeout', `${this.peer} says nothing`)
      for (let call = this.#calls.shift(); call; call = this.#calls.shift()) await call.run()
    }
  }

  async #abortable<T>(run: (link: CoreLink) => Promise<T>): Promise<T> {
    this.#canAbort = true
    try {
      return await run(this.#link)
    } finally {
      this.#canAbort = false
    }
  }

  async #clearNow(clear: PromiseWithResolvers<void>): Promise<void> {
    try {
      // Should it come late, it would abort the clear.
      await this.#aborting
      await this.#link.simple('device_clear', this.#over.signal)
      this.#clear = undefined
      clear.resolve()
    } catch (error) {
      const what = `${this.peer} could not be cleared`
      this.#link.fail(new BenchError('connection.lost', what, { cause: error }))
    }
  }

  /**
   * What the instrument refused takes the next answer with it, and the question for that: nobody else would hear of it.
   * Messages without an answer are sent all the same: among them may be what makes safe.
   */
  #failed(error: unknown): void {
    if (this.#clear || this.#over.signal.aborted) return
    const known = error instanceof BenchError ? error : new BenchError('internal', String(error))
    if (known.code === 'device.timeout' && !(known instanceof Vxi11Error)) {
      // The call itself was not answered, so the channel is stuck.
      this.#link.fail(new BenchError('connection.lost', known.message, { cause: error }))
      return
    }
    const kept = this.#jobs.filter(({ bytes, answered }) => bytes !== undefined && !answered)
    this.#forget(known)
    this.#jobs = kept
    this.#jobBytes = kept.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    this.#receiver.failed?.(known)
  }

  #lose(error: BenchError): void {
    if (this.#over.signal.aborted) return
    const clear = this.#clear
    this.close()
    clear?.reject(error)
    this.#receiver.closed(error)
  }
}
