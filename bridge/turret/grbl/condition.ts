import { BenchError } from '../../../shared/wire/errors.ts'
import type { TurretState } from '../../../shared/turret/turret.ts'
import type { Config } from './config.ts'
import { type Facts, homesBy, problemsOf } from './facts.ts'
import type { Status } from './status.ts'
import { alarmWords, losesPosition } from './words.ts'

type Alarm = NonNullable<TurretState['alarm']>

/** What the controller says of itself, and what that forbids. */
export class Condition {
  readonly facts: Facts
  readonly problems: { all: string[]; laser: string[] }
  readonly #id: string
  /** Whether any report has said what the laser's output is. */
  #tellsLight = false
  status: Status
  alarm: Alarm | undefined
  /** What the controller itself said last of whether it is homed; undefined where it never did. */
  saysHomed: boolean | undefined
  /** How many alarms were announced. */
  alarms = 0
  /**
   * Whether it was homed and has lost no step since that it knows of. What was before a connection nobody knows where
   * the controller does not say it itself (`H:1`, grblHAL): Grbl does not tell homed from unlocked.
   */
  homed = false

  constructor(
    id: string,
    config: Config,
    { facts, status, saysHomed }: { facts: Facts; status: Status; saysHomed: boolean | undefined },
  ) {
    this.#id = id
    this.facts = facts
    this.problems = problemsOf(facts, config)
    this.status = status
    this.saysHomed = saysHomed
    this.homed = homesBy(facts) && saysHomed === true && status.state !== 'Alarm'
  }

  setting(number: number): number {
    return this.facts.settings.get(number) ?? 0
  }

  get homes(): boolean {
    return homesBy(this.facts)
  }

  /** Whether its positions are directions. */
  get knowsPlace(): boolean {
    return !this.homes || this.homed
  }

  get motors(): boolean {
    return this.status.state !== 'Sleep'
  }

  reported(status: Status): void {
    this.status = status
    this.#tellsLight ||= status.speed !== undefined
    this.saysHomed = status.homed ?? this.saysHomed
    // An alarm that nobody announced: it has begun anew, or its announcement was lost.
    const unannounced = status.state === 'Alarm' && this.alarm === undefined
    if (status.homed === false || unannounced) this.homed = false
    const locked = lockedWords(status, this.homes && !this.homed)
    if (locked === undefined) this.alarm = undefined
    else if (this.alarm?.code === undefined) this.alarm = { message: locked }
  }

  get alarmMessage(): string {
    return this.alarm?.message ?? 'an alarm has ended it'
  }

  alarmed(number: number): Alarm {
    const { firmware } = this.facts
    this.alarms += 1
    this.alarm = { code: number, message: alarmWords(number, firmware) }
    if (losesPosition(number, firmware)) this.homed = false
    return this.alarm
  }

  /** Throws `device.unsupported` where there is no homing. */
  requireHoming(): void {
    if (!this.homes)
      throw this.#error(
        'device.unsupported',
        'homing is off in the controller: set $22=1, and have limit switches',
      )
  }

  /** Throws `turret.unhomed` while the motors have no current. */
  requireMotors(): void {
    if (!this.motors)
      throw this.#error(
        'turret.unhomed',
        'the motors are without current: switch them on (turret.motors), then home',
      )
  }

  /** Throws `turret.unhomed` or `turret.alarm` while nothing may be aimed at. */
  requirePlace(): void {
    this.requireMotors()
    if (!this.knowsPlace)
      throw this.#error('turret.unhomed', 'it does not know where it points: home it first (turret.home)')
    if (this.alarm) throw this.#error('turret.alarm', `it is locked: ${this.alarm.message}`)
  }

  /** What keeps the laser from being fired, in words. */
  obstacles(): string[] {
    return [
      ...this.problems.laser,
      ...(this.#tellsLight ? [] : ['the reports of the controller do not say whether light is on (no FS:)']),
      ...(this.alarm ? [this.alarm.message] : []),
      ...(this.knowsPlace ? [] : ['the turret is not homed']),
    ]
  }

  #error(code: 'device.unsupported' | 'turret.alarm' | 'turret.unhomed', what: string): BenchError {
    return new BenchError(code, `${this.#id}: ${what}`, { device: this.#id })
  }
}

/** Why the controller takes no command in this state; undefined when it does. */
export function lockedWords({ state, substate }: Status, toBeHomed: boolean): string | undefined {
  switch (state) {
    case 'Alarm':
      return toBeHomed
        ? 'locked since it was switched on or stopped in motion: home it (turret.home)'
        : 'locked by an alarm: unlock it (turret.unlock)'
    case 'Door':
      return substate === 0
        ? 'the safety door was opened and is closed again: release the controller (~), or stop and reset'
        : 'the safety door is open: close it, then stop and reset'
    case 'Check':
      return 'it only checks G-code and moves nothing: switch it off and on'
    case 'Hold':
      return 'held at the controller: release it there, or stop and reset'
    case 'Tool':
      return 'it waits for a tool change: finish that at the controller, or stop and reset'
    default:
      return undefined
  }
}
