import { BenchError } from '../../shared/wire/errors.ts'
import type { DeviceBase, Family, Lifecycle } from '../../shared/wire/device.ts'
import { pause, withDeadline } from '../core/deadline.ts'
import type { Device, Driver, DriverContext } from './device.ts'
import { withStartDeadline } from '../core/start-deadline.ts'
import type { Topic } from '../core/topic.ts'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000
const OPEN_MS = 15_000
const CLOSE_MS = 2000

/** What a device needs to be opened again and again; `fault` and `signal` are the supervisor's own. */
export type Opening = Omit<DriverContext<Family>, 'fault' | 'signal' | 'state'> & {
  state: Topic<DeviceBase>
  /** Throws the reason while the device is not to be opened: somebody else has it. */
  requireFree?: () => void
  /** Hears of the device each time that it has opened, before anyone can use it. */
  opened: (device: Device) => void
}

/**
 * Keeps one device open for as long as the bench runs: one that will not open, or that is lost, is `faulted` with its
 * reason in its topic, and is tried again with growing pauses.
 */
export class Supervisor implements AsyncDisposable {
  readonly #driver: Driver
  readonly #settings: unknown
  readonly #opening: Opening
  readonly #signal: AbortSignal
  readonly #closed = new AbortController()
  readonly #running: Promise<void>
  readonly #firstTry = Promise.withResolvers<void>()
  #device: Device | undefined
  /** By performance.now(), of the newest opening; Infinity while it has not opened. */
  #openedAt = Infinity

  constructor(driver: Driver, settings: unknown, opening: Opening, signal: AbortSignal) {
    this.#driver = driver
    this.#settings = settings
    this.#opening = opening
    this.#signal = AbortSignal.any([signal, this.#closed.signal])
    this.#running = this.#run()
  }

  /** Resolves when the device has been tried once, whatever came of it. */
  get tried(): Promise<void> {
    return this.#firstTry.promise
  }

  /** The open device. Throws `device.faulted` with the reason while there is none. */
  get device(): Device {
    if (this.#device) return this.#device
    const { phase, reason } = this.#opening.state.value.lifecycle
    const message =
      phase === 'faulted'
        ? `${this.#opening.id} is faulted: ${reason ?? ''}`
        : `${this.#opening.id} is ${phase}`
    throw new BenchError('device.faulted', message, { device: this.#opening.id })
  }

  /** The open device, or undefined: for those who can do without. */
  get openDevice(): Device | undefined {
    return this.#device
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#running
    this.#show({ phase: 'closed', since: Date.now() })
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#signal.aborted) {
      const error = await this.#live()
      this.#firstTry.resolve()
      if (this.#signal.aborted) return
      // One that took long to open and failed has not been well.
      if (performance.now() - this.#openedAt > LONGEST_RETRY_MS) retryMs = FIRST_RETRY_MS
      this.#opening.log.warn({ reason: error.message, retryMs }, 'the device is faulted')
      this.#show({
        phase: 'faulted',
        since: Date.now(),
        reason: error.message,
        retryAt: Date.now() + retryMs,
      })
      await pause(retryMs, this.#signal)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }

  /** From opening the device to its end. Answers why it ended. */
  async #live(): Promise<BenchError> {
    this.#openedAt = Infinity
    const over = new AbortController()
    const fault = Promise.withResolvers<BenchError>()
    const signal = AbortSignal.any([this.#signal, over.signal])
    if (this.#opening.state.value.lifecycle.phase !== 'faulted')
      this.#show({ phase: 'opening', since: Date.now() })
    let device: Device | undefined
    try {
      this.#opening.requireFree?.()
      const context = { ...this.#opening, signal, fault: fault.resolve } as DriverContext<Family>
      const opening = this.#driver.open(this.#settings, context)
      device = await withStartDeadline(opening, OPEN_MS, `opening ${this.#opening.id}`, {
        device: this.#opening.id,
        signal,
        // A driver that opens after all, when nobody waits any more, is closed again.
        late: (late) => void late[Symbol.asyncDispose](),
      })
      this.#openedAt = performance.now()
      this.#device = device
      this.#opening.opened(device)
      this.#firstTry.resolve()
      this.#show({ phase: 'ready', since: Date.now() })
      this.#opening.log.info('the device is ready')
      const closing = new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      return (
        (await Promise.race([fault.promise, closing])) ?? new BenchError('aborted', 'the bench is closing')
      )
    } catch (error) {
      if (error instanceof BenchError) return error
      this.#opening.log.error({ error }, 'the driver failed')
      return new BenchError('internal', String(error), { cause: error })
    } finally {
      this.#device = undefined
      over.abort()
      if (device) {
        device
          .stop()
          .catch((error: unknown) => this.#opening.log.warn({ error }, 'the stop was not confirmed'))
        await withDeadline(
          Promise.resolve(device[Symbol.asyncDispose]()),
          CLOSE_MS,
          `closing ${this.#opening.id}`,
        ).catch((error: unknown) => this.#opening.log.error({ error }, 'the device did not close'))
      }
    }
  }

  #show(lifecycle: Lifecycle): void {
    this.#opening.state.put({ lifecycle })
  }
}
