import { BenchError } from '../../../../shared/errors.ts'
import type { TurretState } from '../../../../shared/turret.ts'
import type { Config } from './config.ts'
import { type Facts, problemsOf } from './facts.ts'
import type { Status } from './message.ts'
import { alarmWords, losesPosition } from './words.ts'

type Alarm = NonNullable<TurretState['alarm']>

/** What the controller says of itself, and what that forbids. */
export class Condition {
  readonly facts: Facts
  readonly problems: { all: string[]; laser: string[] }
  readonly #id: string
  status: Status
  alarm: Alarm | undefined
  /**
   * Whether it was homed on this connection and has lost no step since that it knows of. What was before a connection
   * nobody knows: Grbl does not say whether it was homed or only unlocked.
   */
  homed = false

  constructor(id: string, config: Config, facts: Facts, status: Status) {
    this.#id = id
    this.facts = facts
    this.problems = problemsOf(facts, config)
    this.status = status
  }

  setting(number: number): number {
    return this.facts.settings.get(number) ?? 0
  }

  get homes(): boolean {
    return this.setting(22) === 1
  }

  get motors(): boolean {
    return this.status.state !== 'Sleep'
  }

  reported(status: Status): void {
    this.status = status
    const locked = lockedWords(status.state, this.homes && !this.homed)
    if (locked === undefined) this.alarm = undefined
    else this.alarm ??= { message: locked }
  }

  alarmed(number: number): Alarm {
    this.alarm = { code: number, message: alarmWords(number) }
    if (losesPosition(number)) this.homed = false
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
    if (this.homes && !this.homed)
      throw this.#error('turret.unhomed', 'it does not know where it points: home it first (turret.home)')
    if (this.alarm) throw this.#error('turret.alarm', `it is locked: ${this.alarm.message}`)
  }

  /** What keeps the laser from being fired, in words. */
  obstacles(): string[] {
    return [
      ...this.problems.laser,
      ...(this.alarm ? [this.alarm.message] : []),
      ...(this.homes && !this.homed ? ['the turret is not homed'] : []),
    ]
  }

  #error(code: 'device.unsupported' | 'turret.alarm' | 'turret.unhomed', what: string): BenchError {
    return new BenchError(code, `${this.#id}: ${what}`, { device: this.#id })
  }
}

/** Why the controller takes no command in this state; undefined when it does. */
function lockedWords(state: string, toBeHomed: boolean): string | undefined {
  switch (state) {
    case 'Alarm':
      return toBeHomed
        ? 'locked since it was switched on or stopped in motion: home it (turret.home)'
        : 'locked by an alarm: unlock it (turret.unlock)'
    case 'Door':
      return 'the safety door is open: close it, then stop and reset'
    case 'Check':
      return 'it only checks G-code and moves nothing: switch it off and on'
    case 'Hold':
      return 'held by hand: release it at the controller, or stop and reset'
    default:
      return undefined
  }
}
