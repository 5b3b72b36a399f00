import type { ControlState } from '../../shared/control.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Device } from '../core/device.ts'
import type { LatchFile } from '../core/latch.ts'
import type { Logger } from '../core/log.ts'
import type { Topic } from '../core/topic.ts'

/** The devices of the bench by id; undefined for one that is not open. */
export type OpenDevices = () => Iterable<[id: string, device: Device | undefined]>

type DeviceStop = ControlState['stop']['devices'][string]

/** Makes every device safe in the tick in which it is pressed, and holds the bench until it is reset. */
export class EmergencyStop {
  readonly #topic: Topic<ControlState>
  readonly #devices: OpenDevices
  readonly #latch: LatchFile
  readonly #log: Logger
  /** A confirmation of an earlier press says nothing about this one. */
  #press = 0

  /** A latch that was found on the disk holds: it ends by `reset` alone. */
  constructor(topic: Topic<ControlState>, devices: OpenDevices, latch: LatchFile, log: Logger) {
    this.#topic = topic
    this.#devices = devices
    this.#latch = latch
    this.#log = log
    const found = latch.read()
    if (found) topic.put({ stop: { latched: true, ...found, devices: {} } })
  }

  get latched(): boolean {
    return this.#topic.value.stop.latched
  }

  /** Reaches every open device's `stop()` before it returns; pressed again it does so again. */
  press(by: string, why?: string): void {
    const stopped = [...this.#devices()].map(([id, device]) => ({
      id,
      stop: device && this.#stop(id, device),
    }))
    // Telling people comes after the last device has been told.
    this.#press += 1
    const devices: Record<string, DeviceStop> = {}
    for (const { id, stop } of stopped) {
      devices[id] = stop ? { state: 'stopping' } : { state: 'closed', reason: 'stopped when it opens' }
    }
    const pressed = { at: Date.now(), by, ...(why === undefined ? {} : { why }) }
    this.#topic.put({ stop: { latched: true, ...pressed, devices } })
    try {
      this.#latch.set(pressed)
    } catch (error) {
      this.#log.error({ error }, 'the latch of the stop could not be kept: it would not outlive the bridge')
    }
    for (const { id, stop } of stopped) if (stop) this.#await(id, stop)
  }

  /** A device that opens while the stop is latched is stopped before anyone can use it. */
  deviceOpened(id: string, device: Device): void {
    if (!this.latched) return
    const stop = this.#stop(id, device)
    this.#topic.merge({ stop: { devices: { [id]: { state: 'stopping', reason: null } } } })
    this.#await(id, stop)
  }

  /** Ends the latch. Throws `estop.latched`, naming them, while a device has not reported safe. */
  reset(): void {
    const { devices } = this.#topic.value.stop
    const unsafe = Object.entries(devices).filter(
      ([, { state }]) => state === 'stopping' || state === 'unconfirmed',
    )
    if (unsafe.length > 0) {
      const named = unsafe.map(([id, { state, reason }]) => `${id} (${reason ?? state})`).join(', ')
      const message = `the emergency stop stays: not every device has reported safe: ${named}. See to them, press the stop again, and reset once they are safe`
      throw new BenchError('estop.latched', message)
    }
    this.#latch.clear()
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

  #stop(id: string, device: Device): Promise<void> {
    try {
      return device.stop()
    } catch (error) {
      // One driver's mistake must not keep the stop from the next device.
      this.#log.error({ device: id, error }, 'the driver failed to stop its device')
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #await(id: string, stop: Promise<void>): void {
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
    stop.then(
      () => show({ state: 'safe' }),
      (error: unknown) => {
        this.#log.error({ device: id, error }, 'the device has not confirmed the stop')
        show({ state: 'unconfirmed', reason: error instanceof Error ? error.message : String(error) })
      },
    )
  }
}
