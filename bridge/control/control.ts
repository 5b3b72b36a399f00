import { type Act, acts, type Command, reachOf } from '../../shared/wire/command.ts'
import type { ControlState } from '../../shared/control/control.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { topicName } from '../../shared/topics.ts'
import type { Caller, Device, Handlers } from '../device/device.ts'
import type { LatchFile } from '../core/latch.ts'
import type { Logger } from '../core/log.ts'
import { Topic } from '../core/topic.ts'
import type { DeviceGuards } from './device-guards.ts'
import { EmergencyStop, type OpenDevices } from './emergency-stop.ts'
import { type Opened, Interlocks, wholly } from './interlock/interlocks.ts'
import type { InterlockConfig, Readings } from './interlock/source.ts'
import { Lease, type LeaseEvents } from './lease.ts'

/** Something that the bridge did by itself, for the audit. */
export interface Deed {
  who: string
  via: string
  action: string
  device?: string
  message: string
}

interface ControlOptions {
  interlocks: Readonly<Record<string, InterlockConfig>>
  /** Which interlocks each device needs. */
  needs: ReadonlyMap<string, readonly string[]>
  readings: Readings
  devices: OpenDevices
  guards: DeviceGuards
  /** Whether somebody is known still, and in a role that acts. */
  mayHold: (caller: Caller) => boolean
  /** The holder of the lease has sent a beat; false once there is none any more and emission was ended. */
  holderBeats: (beats: boolean) => void
  latch: LatchFile
  log: Logger
  /** Hears of what the bridge does by itself, after it is done. */
  did: (deed: Deed) => void
  signal: AbortSignal
}

/** Who may act, and whether anything may: the lease, the dead man's switch, the interlocks and the emergency stop. */
export class Control implements Disposable {
  readonly topic: Topic<ControlState>
  readonly lease: Lease
  readonly #stop: EmergencyStop
  readonly #interlocks: Interlocks
  readonly #options: ControlOptions

  constructor(options: ControlOptions) {
    this.#options = options
    const { interlocks, needs, readings, devices, guards, mayHold, holderBeats, log, signal } = options
    this.topic = new Topic<ControlState>(topicName('control'), {
      asks: {},
      stop: { latched: false, devices: {} },
      interlocks: {},
    })
    this.#stop = new EmergencyStop(this.topic, {
      devices,
      latch: options.latch,
      mayEmit: (device) => guards.mayEmit(device),
      log,
    })
    const events: LeaseEvents = {
      ended: (holder, why) => {
        this.#darken('lease.ended', holder, `${holder} no longer holds the lease: ${why}`)
        this.#halt()
      },
      silent: (holder) => this.#darken('heartbeat.lost', holder, `${holder}'s heartbeat has stopped`),
      beats: holderBeats,
      lost: (holder) => {
        this.#halt()
        const message = `${holder}'s connection is lost: what moves is halted`
        this.#options.did({ who: holder, via: 'bridge', action: 'connection.lost', message })
      },
    }
    this.lease = new Lease(this.topic, events, (caller) => {
      try {
        return mayHold(caller)
      } catch (error) {
        log.error({ error }, 'whether the holder of the lease may act still is not to be found out')
        return false
      }
    })
    const opened = (interlock: Opened): void => this.#opened(interlock)
    this.#interlocks = new Interlocks({
      config: interlocks,
      needs,
      readings,
      topic: this.topic,
      opened,
      signal,
    })
  }

  /** The commands of control; the caller has been let through by `permit`. */
  get handlers(): Handlers {
    return {
      ...this.lease.handlers,
      'estop.press': async ({ why }, { name, arrivedAt }) => {
        const kept = this.press(name, why)
        const stopMs = Math.round((performance.now() - arrivedAt) * 1000) / 1000
        await kept
        return { stopMs }
      },
      'estop.reset': ({ checked }) => {
        this.#stop.reset(checked)
        return Promise.resolve({})
      },
      'interlock.set': ({ interlock, closed }) => {
        this.#interlocks.set(interlock, closed)
        return Promise.resolve({})
      },
    }
  }

  /** Begins to watch the interlocks: once the devices that they read are there to be read. */
  start(): void {
    this.#interlocks.start()
  }

  /**
   * Throws unless this call may act now: `estop.latched`, `lease.required`, `interlock.open` or `heartbeat.lost`.
   * Calls that move nothing and calls that make safe always may.
   */
  permit(command: Command, input: Record<string, unknown>, caller: Caller): void {
    this.#require(command, input, caller)
    if (command.lease) this.lease.active(caller)
  }

  /**
   * The same for what a call has begun and the bridge goes on with: nobody has done anything new by that, so the lease
   * lapses no later for it; and nothing goes on while the connection of whoever began it is lost.
   */
  still(command: Command, input: Record<string, unknown>, caller: Caller): void {
    this.#require(command, input, caller)
    if (command.lease) this.lease.requireConnected()
  }

  /**
   * Why a program that is nobody's page may not act on the device now; undefined when it may. `despiteLease`: it may
   * though somebody else holds the lease.
   */
  whyNotFor(device: string, despiteLease = false): BenchError | undefined {
    try {
      this.#stop.require()
      this.#interlocks.require(device)
    } catch (error) {
      if (error instanceof BenchError) return error
      throw error
    }
    const { lease } = this.topic.value
    if (!lease || despiteLease) return undefined
    return new BenchError(
      'lease.held',
      `${lease.name} holds the lease of the bench: only queries are served`,
      {
        device,
      },
    )
  }

  /** Ends one device's light: the program that had switched some on, and whose connection answered for it, has left. */
  endLight(device: string, who: string): void {
    const devices = [...this.#options.devices()].filter(([id]) => id === device)
    const message = `${who} has left, and may have switched light on`
    this.#options.guards.ending(message, device)
    this.#endEmission(devices)
    this.#options.did({ who, via: 'share', action: 'connection.lost', device, message })
  }

  /** A device has opened: it is not to act while the emergency stop is latched. */
  deviceOpened(id: string, device: Device): void {
    this.#stop.deviceOpened(id, device)
  }

  /** The emergency stop: reaches every open device's `stop()` before it returns. Resolves as `EmergencyStop.press` does. */
  press(by: string, why?: string): Promise<void> {
    this.#options.guards.ending(`${by} pressed the emergency stop${why === undefined ? '' : `: ${why}`}`)
    return this.#stop.press(by, why)
  }

  /** Makes safe what emits or moves: nobody would any more if this process died. */
  guardianLost(): void {
    const { guards, devices, did } = this.#options
    const armed = guards.armed
    if (armed.length === 0) return
    const message = 'the guardian is silent, and without it nothing emits or moves'
    guards.ending(message)
    for (const [id, device] of devices()) if (device && armed.includes(id)) this.#stopDevice(id, device)
    did({ who: 'bridge', via: 'bridge', action: 'guardian.lost', message })
  }

  [Symbol.dispose](): void {
    this.lease[Symbol.dispose]()
  }

  #require(command: Command, input: Record<string, unknown>, caller: Caller): void {
    if (command.holder) this.lease.require(caller)
    if (!command.lease) return
    if (!command.whileStopped) this.#stop.require()
    this.lease.require(caller)
    const device = input['device']
    if (reachOf(command) === 'device' && typeof device === 'string') this.#requireInterlocks(device, command)
    if (command.emits) this.lease.requireHeartbeat()
  }

  #requireInterlocks(id: string, command: Command): void {
    for (const [other, device] of this.#options.devices())
      if (other === id && device) return this.#interlocks.require(id, command, toldApart(device))
    this.#interlocks.require(id, command)
  }

  /** Ends all light: whoever answered for it does not any more. */
  #darken(action: string, who: string, message: string): void {
    this.#options.guards.ending(message)
    this.#endEmission(this.#options.devices())
    this.#options.did({ who, via: 'bridge', action, message })
  }

  #endEmission(devices: ReturnType<OpenDevices>): void {
    for (const [id, device] of devices) {
      try {
        device?.endEmission?.()
      } catch (error) {
        this.#options.log.error({ device: id, error }, 'the driver failed to end emission')
      }
    }
  }

  /** Ends all motion that was ordered: whoever ordered it answers for it no more. */
  #halt(): void {
    for (const [id, device] of this.#options.devices()) {
      try {
        device?.endMotion?.()
      } catch (error) {
        this.#options.log.error({ device: id, error }, 'the driver failed to end motion')
      }
    }
  }

  /** Ends what an interlock forbids now, and lets the rest go on. */
  #end(id: string, device: Device, forbids: readonly Act[], why: string): void {
    const { guards, log } = this.#options
    if (forbids.includes('emission')) guards.ending(why, id)
    try {
      if (acts.every((act) => forbids.includes(act))) this.#stopDevice(id, device)
      else if (forbids.includes('emission')) device.endEmission?.()
      else device.endMotion?.()
    } catch (error) {
      log.error({ device: id, error }, 'the driver failed to end what its interlock forbids')
    }
  }

  #opened({ title, why, devices, emergency, forbids }: Opened): void {
    const message = `${title} has opened: ${why}`
    if (emergency) void this.press(title, why)
    for (const [id, device] of this.#options.devices()) {
      if (emergency || !devices.includes(id) || !device) continue
      this.#end(id, device, wholly(forbids, toldApart(device)), message)
    }
    this.#options.did({
      who: title,
      via: 'interlock',
      action: emergency ? 'estop.press' : 'interlock.open',
      message,
    })
  }

  #stopDevice(id: string, device: Device): void {
    const { log } = this.#options
    device.stop().then(
      (outcome) => {
        if (outcome === 'sent') log.warn({ device: id }, 'nothing can prove that the device has stopped')
      },
      (error: unknown) => log.error({ device: id, error }, 'the device has not confirmed that it stopped'),
    )
  }
}

/** What the device can end by itself, and leave the rest. */
function toldApart({ endEmission, endMotion }: Device): Act[] {
  return acts.filter((act) => (act === 'emission' ? endEmission : endMotion) !== undefined)
}
