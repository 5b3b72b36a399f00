import { type CommandName, commands } from '../../../shared/commands.ts'
import type { Command } from '../../../shared/wire/command.ts'
import type { ControlState } from '../../../shared/control/control.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { AIM_COLUMNS, aimStream } from '../../../shared/turret/tracking.ts'
import type { TurretState } from '../../../shared/turret/turret.ts'
import type { Caller, Device, Handlers } from '../../device/device.ts'
import type { Logger } from '../../core/log.ts'
import type { Stream } from '../../core/stream.ts'
import type { Tables } from '../../core/tables.ts'
import type { Topic } from '../../core/topic.ts'
import { Aimed } from './aimed.ts'
import type { SightConfig } from './config.ts'
import { aimOf, type SightContext, turretError } from './context.ts'

interface SightsOptions {
  /** By turret. */
  sights: Readonly<Record<string, SightConfig>>
  tables: Tables
  topicOf: (id: string) => Topic<TurretState>
  stream: (name: string, columns: number) => Stream
  control: Topic<ControlState>
  device: (id: string) => Device
  call: SightContext['call']
  still: (command: Command, input: Record<string, unknown>, caller: Caller) => void
  log: Logger
}

/** The turrets that have a camera to aim with, and what they can be asked for because of it. */
export class Sights implements Disposable {
  readonly #aimed: ReadonlyMap<string, { aimed: Aimed; context: SightContext }>
  readonly #device: (id: string) => Device

  private constructor(
    aimed: ReadonlyMap<string, { aimed: Aimed; context: SightContext }>,
    device: SightsOptions['device'],
  ) {
    this.#aimed = aimed
    this.#device = device
  }

  /** Opens every turret that has a camera, as it was kept. */
  static async open(options: SightsOptions): Promise<Sights> {
    const { sights, tables, topicOf, stream, control, device, call, still, log } = options
    const opened = new Map<string, { aimed: Aimed; context: SightContext }>()
    for (const [id, config] of Object.entries(sights)) {
      const context: SightContext = {
        ...config,
        id,
        state: topicOf(id),
        device,
        call,
        still: (name: CommandName, caller) => still(commands[name], { device: id }, caller),
        log,
      }
      const aimed = await Aimed.open(context, tables, control, stream(aimStream(id), AIM_COLUMNS.length))
      opened.set(id, { aimed, context })
    }
    return new Sights(opened, device)
  }

  handlers: Handlers = {
    'sight.point': async ({ device, x, y, speed, wait }, caller) => {
      const { aimed, context } = this.#of(device)
      const pose = aimOf(context).at(performance.now())
      if (!pose) throw turretError(context, 'device.busy', 'it has not yet said where it points: try again')
      const { pan, tilt } = aimed.calibration.directionFor({ x, y }, aimed.crosshair.place, pose)
      await aimed.stopTracking('somebody pointed elsewhere')
      aimed.pausePattern('somebody pointed elsewhere')
      return context.call('turret.move', { device, pan, tilt, relative: false, speed, wait }, caller)
    },
    'sight.calibrate': async ({ device, stepDegrees }, caller) => {
      const { aimed } = this.#of(device)
      await aimed.stopTracking('it is being calibrated')
      aimed.pausePattern('it is being calibrated')
      return aimed.calibration.run(stepDegrees, caller)
    },
    'sight.click': ({ device, x, y }) =>
      done(() => ({ clicks: this.#of(device).aimed.calibration.click({ x, y }) })),
    'sight.fit': ({ device }) => done(() => this.#of(device).aimed.calibration.fit()),
    'sight.forget': async ({ device }) => {
      const { aimed } = this.#of(device)
      aimed.calibration.forget()
      await aimed.stopTracking('the calibration was given up')
      return {}
    },
    'sight.crosshair': ({ device, x, y }) =>
      done(() => {
        this.#of(device).aimed.crosshair.put(x, y)
        return {}
      }),
    'sight.findCrosshair': ({ device, powerPercent, pulseMs }, caller) =>
      this.#of(device).aimed.findSpot(powerPercent, pulseMs, caller),
    'sight.confirmSpot': ({ device, isLaser }) =>
      done(() => {
        this.#of(device).aimed.crosshair.confirm(isLaser)
        return {}
      }),
    'track.start': async ({ device, mode, choice }, caller) => {
      await this.#of(device).aimed.track({ mode, choice }, caller)
      return {}
    },
    'track.stop': async ({ device }, { name }) => {
      await this.#of(device).aimed.stopTracking(`${name} has ended it`)
      return {}
    },
    'track.set': ({ device, ...wanted }) =>
      done(() => {
        const { aimed, context } = this.#of(device)
        const { gains, lost } = context.state.value.tracking!
        const set = aimed.setTracking({
          gains: { ...gains, ...defined(wanted.gains) },
          lost: { ...lost, ...defined(wanted.lost) },
        })
        return { gains: set.gains, lost: set.lost }
      }),
    'track.tune': ({ device, axis, speed }) => this.#of(device).aimed.tune(axis, speed),
    'autofire.arm': ({ device, uncheckedCrosshair, ...rules }, caller) =>
      done(() => {
        this.#of(device).aimed.armAutoFire(rules, uncheckedCrosshair, caller)
        return {}
      }),
    'autofire.disarm': ({ device }, { name }) =>
      done(() => {
        this.#of(device).aimed.autoFire.disarm(`${name} has disarmed it`)
        return {}
      }),
    'preset.save': ({ device, ...wish }, caller) => this.#of(device).aimed.presets.save(wish, caller),
    'preset.go': async ({ device, name, wait }, caller) => {
      const { aimed, context } = this.#of(device)
      const { pan, tilt } = aimed.presets.preset(name)
      await aimed.stopTracking('somebody pointed elsewhere')
      aimed.pausePattern('somebody pointed elsewhere')
      const move = { device, pan, tilt, relative: false, speed: undefined, wait }
      return context.call('turret.move', move, caller)
    },
    'preset.delete': async ({ device, name }) => {
      await this.#of(device).aimed.presets.delete(name)
      return {}
    },
    'preset.picture': async ({ device, name }) => {
      const picture = await this.#of(device).aimed.presets.picture(name)
      return { jpeg: picture.toString('base64') }
    },
    'pattern.save': async ({ device, ...pattern }) => {
      await this.#of(device).aimed.presets.savePattern(pattern)
      return {}
    },
    'pattern.delete': async ({ device, name }) => {
      await this.#of(device).aimed.presets.deletePattern(name)
      return {}
    },
    'pattern.run': ({ device, name }, caller) =>
      done(() => {
        this.#of(device).aimed.runPattern(name, caller)
        return {}
      }),
    'pattern.pause': ({ device }, caller) =>
      this.#halted(device, caller, (aimed) => aimed.pausePattern(`${caller.name} has paused it`)),
    'pattern.resume': ({ device }, caller) =>
      done(() => {
        this.#of(device).aimed.resumePattern(caller)
        return {}
      }),
    'pattern.stop': ({ device }, caller) => this.#halted(device, caller, (aimed) => aimed.stopPattern()),
  }

  /** Ends what is run, then the turret's motion, if it was that which moved it. */
  async #halted(device: string, caller: Caller, end: (aimed: Aimed) => void): Promise<Record<string, never>> {
    const { aimed, context } = this.#of(device)
    const moves = aimed.runsPattern
    end(aimed)
    if (moves) await context.device(device).commands['turret.halt']?.({ device }, caller)
    return {}
  }

  [Symbol.dispose](): void {
    for (const { aimed } of this.#aimed.values()) aimed[Symbol.dispose]()
  }

  /** Throws `device.unknown`, `device.faulted`, or `device.unsupported` for a turret without a camera. */
  #of(id: string): { aimed: Aimed; context: SightContext } {
    const found = this.#aimed.get(id)
    if (found) return found
    this.#device(id)
    throw new BenchError(
      'device.unsupported',
      `${id} has no camera to aim with: name one under sights in bench.yaml`,
      { device: id },
    )
  }
}

/** What throws as it is called, throws into the answer. */
function done<T>(work: () => T): Promise<T> {
  return Promise.try(work)
}

/** The members that are there. */
function defined<T extends object>(members: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members ?? {}).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
