import { type ControlState, type DeviceStop, wantsLook } from '../../shared/control/control.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { withDeadline } from '../core/deadline.ts'
import type { Device, StopOutcome } from '../device/device.ts'
import type { LatchFile } from '../core/latch.ts'
import type { Logger } from '../core/log.ts'
import type { Topic } from '../core/topic.ts'

/** The devices of the bench by id; undefined for one that is not open. */
export type OpenDevices = () => Iterable<[id: string, device: Device | undefined]>

/** A driver gives its device less than this: one that says nothing at all is not to hold the stop for ever. */
const SILENT_MS = 20_000
/** Whoever pressed the stop waits no longer for the disk to have the latch. */
const SYNC_MS = 250

interface StopOptions {
  devices: OpenDevices
  latch: LatchFile
  /** Says of a device that is not open whether it emitted when it was last heard of. */
  mayEmit: (device: string) => boolean
  log: Logger
}

/** Makes every device safe in the tick in which it is pressed, and holds the bench until it is reset. */
export class EmergencyStop {
  readonly #topic: Topic<ControlState>
  readonly #devices: OpenDevices
  readonly #latch: LatchFile
  readonly #mayEmit: (device: string) => boolean
  readonly #log: Logger
  /** A confirmation of an earlier press says nothing about this one. */
  #press = 0

  /** A latch that was found on the disk holds: it ends by `reset` alone. */
  constructor(topic: Topic<ControlState>, { devices, latch, mayEmit, log }: StopOptions) {
    this.#topic = topic
    this.#devices = devices
    this.#latch = latch
    this.#mayEmit = mayEmit
    this.#log = log
    const found = latch.read()
    if (found) topic.put({ stop: { latched: true, ...found, devices: {} } })
  }

  get latched(): boolean {
    return this.#topic.value.stop.latched
  }

  /**
   * Reaches every open device's `stop()` before it returns; pressed again it does so again. Resolves once the latch is on
   * the disk, as far as that takes it: within 250 ms, and never rejects.
   */
  press(by: string, why?: string): Promise<void> {
    const stopped = [...this.#devices()].map(([id, device]) => ({
      id,
      stop: device && this.#stop(id, device),
    }))
    // Telling people comes after the last device has been told.
    this.#press += 1
    const devices: Record<string, DeviceStop> = {}
    for (const { id, stop } of stopped) {
      devices[id] = stop ? { state: 'stopping' } : this.#closed(id)
    }
    const pressed = { at: Date.now(), by, ...(why === undefined ? {} : { why }) }
    this.#topic.put({ stop: { latched: true, ...pressed, devices } })
    try {
      this.#latch.set(pressed)
    } catch (error) {
      this.#log.error({ error }, 'the latch of the stop could not be kept: it would not outlive the bridge')
    }
    for (const { id, stop } of stopped) if (stop) this.#await(id, stop)
    return withDeadline(this.#latch.synced(), SYNC_MS, 'writing the latch').catch((error: unknown) =>
      this.#log.warn({ error }, 'the latch of the stop would not outlive a power cut yet'),
    )
  }

  /** A device that opens while the stop is latched is stopped before anyone can use it. */
  deviceOpened(id: string, device: Device): void {
    if (!this.latched) return
    const stop = this.#stop(id, device)
    this.#topic.merge({ stop: { devices: { [id]: { state: 'stopping', reason: null } } } })
    this.#await(id, stop)
  }

  /**
   * Ends the latch. Throws `estop.latched`, naming them, while a device has not been heard of, or has proven nothing and
   * is not among those that somebody has `checked`.
   */
  reset(checked: readonly string[] = []): void {
    const holding = Object.entries(this.#topic.value.stop.devices).filter(
      ([id, stop]) => stop.state === 'stopping' || (wantsLook(stop) && !checked.includes(id)),
    )
    if (holding.length > 0) {
      const named = holding.map(([id, { state, reason }]) => `${id} (${reason ?? state})`).join(', ')
      const message = `the emergency stop stays: not every device has proven that it is safe: ${named}. Look at each of them, and reset with its id in "checked" once you have seen that it is; or press the stop again`
      throw new BenchError('estop.latched', message)
    }
    this.#latch.clear()
    void this.#latch.synced().catch(() => {})
    this.#topic.put({ stop: { latched: false, devices: {} } })
  }

  /** Throws `estop.latched` while it is. */
  require(): void {
    if (!this.latched) return
    const { by } = this.#topic.value.stop
    throw new BenchError(
      'estop.latched',
      `${by ?? 'somebody'} pressed the emergency stop: it is to be reset before anything acts`,
    )
  }

  #closed(id: string): DeviceStop {
    if (!this.#mayEmit(id)) return { state: 'closed', reason: 'stopped when it opens' }
    return { state: 'unconfirmed', reason: 'not connected, and it may emit: look at it' }
  }

  #stop(id: string, device: Device): Promise<StopOutcome> {
    try {
      return device.stop()
    } catch (error) {
      // One driver's mistake must not keep the stop from the next device.
      this.#log.error({ device: id, error }, 'the driver failed to stop its device')
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #await(id: string, stop: Promise<StopOutcome>): void {
    const press = this.#press
    const show = (state: DeviceStop): void => {
      if (press !== this.#press || !this.latched) return
      this.#topic.put({
        stop: {
          ...this.#topic.value.stop,
          devices: { ...this.#topic.value.stop.devices, [id]: state },
        },
      })
    }
    const silent = setTimeout(
      () => show({ state: 'unconfirmed', reason: `it has said nothing for ${SILENT_MS / 1000} s` }),
      SILENT_MS,
    ).unref()
    const proven: DeviceStop = { state: 'safe' }
    const sent: DeviceStop = { state: 'unproven', reason: 'nothing of this device can prove it: look at it' }
    stop.then(
      (outcome) => {
        clearTimeout(silent)
        show(outcome === 'proven' ? proven : sent)
      },
      (error: unknown) => {
        clearTimeout(silent)
        this.#log.error({ device: id, error }, 'the device has not confirmed the stop')
        show({ state: 'unconfirmed', reason: error instanceof Error ? error.message : String(error) })
      },
    )
  }
}
