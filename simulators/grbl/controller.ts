import { Axes } from './axes.ts'
import { freshModes, GrblError, type Modes } from './block.ts'
import { runBlock } from './execute.ts'
import { Faults } from './faults.ts'
import { type Firmware, MANNERS } from './firmware.ts'
import type { LightChange } from './laser.ts'
import { Intake } from './intake.ts'
import { LineFaults } from './line-faults.ts'
import { Mechanics, type MechanicsOptions } from './mechanics.ts'
import { Output } from './output.ts'
import type { Planner } from './planner.ts'
import { StatusReports } from './report.ts'
import { Settings } from './settings.ts'
import { runSystem } from './system.ts'

export type State = 'Idle' | 'Run' | 'Hold' | 'Jog' | 'Alarm' | 'Home' | 'Door' | 'Sleep'

/** What work stands still for; `due` (performance.now(), ms) where the time is known. */
export interface Wait {
  ready: () => boolean
  due?: number
}
/** A line being executed: it ends with 0 for ok, with the number of an error, or without an answer. */
export type Work = Generator<Wait, number | undefined>

export interface ControllerOptions extends MechanicsOptions {
  /** DWELL_TIME_STEP: dwells are whole numbers of it, ms. */
  dwellStepMs: number
  /** How long a reset takes, ms; what arrives meanwhile is lost. */
  resetMs: number
  firmware?: Firmware
  /** What the board says when it has power again and before its welcome, and how often it welcomes. */
  boot?: { ms: number; noise: string; welcomes: number }
  /** Fields that its reports do not have. */
  leftOut?: readonly string[]
  /** How long a write into its memory keeps it from hearing, ms. */
  memoryMs?: number
}

export interface Hooks {
  light: (change: LightChange) => void
  /** Motion has begun or ended. */
  motion: (moving: boolean, ns: bigint) => void
  /** A real-time byte other than `?` was received. */
  realTime: (byte: number, ns: bigint) => void
}

const TICK_MS = 1

/** Grbl 1.1 with two motors and a laser, from its bytes to its axes (protocol.c, system.c, serial.c, motion_control.c). */
export class Controller implements Disposable {
  readonly settings = new Settings()
  readonly axes: Axes
  readonly output: Output
  readonly faults: Faults
  readonly options: ControllerOptions
  /** Where what it says goes; there may be nobody. */
  client: { say: (text: string) => void; drop: () => void } | undefined
  modes: Modes = freshModes
  state: State
  readonly firmware: Firmware
  readonly intake: Intake
  readonly reports: StatusReports
  readonly lineFaults = new LineFaults()
  /** The safety door is open. */
  door = false
  homed = false
  readonly #hooks: Hooks
  /** Whose line is executed. */
  #isOther = false
  #asked = false
  #work: Work | undefined
  #waiting: Wait | undefined
  /** A limit has been met: nothing is heard but a reset. */
  #critical = false
  #resetting: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ControllerOptions, hooks: Hooks) {
    this.options = options
    this.#hooks = hooks
    this.firmware = options.firmware ?? 'Grbl'
    this.intake = new Intake(MANNERS[this.firmware].rxBytes)
    this.reports = new StatusReports(this, options.leftOut ?? [])
    for (const [axis, mm] of options.travel.entries()) this.settings.store(130 + axis, mm)
    this.output = new Output(this.settings, (change) => {
      this.reports.lightChanged()
      hooks.light(change)
    })
    this.axes = new Axes({
      settings: this.settings,
      mechanics: new Mechanics(options),
      pins: () => this.#pinsChanged(),
      motion: hooks.motion,
    })
    this.faults = new Faults(this)
    this.state = this.#firstState
  }

  get planner(): Planner {
    return this.axes.planner
  }

  say(line: string): void {
    if (!this.faults.silent) this.client?.say(this.lineFaults.heard(line))
  }

  /** A word by the way. */
  message(text: string): void {
    this.say(`[MSG:${MANNERS[this.firmware].message}${text}]`)
  }

  receive(bytes: Uint8Array): void {
    if (this.faults.deaf || this.intake.isDeaf) return
    this.#advance()
    for (const byte of bytes) {
      if (byte === 0x18 || byte === 0x3f || byte === 0x21 || byte === 0x7e || byte > 0x7f)
        this.#realTime(byte)
      else if (!this.#resetting && !this.faults.takeByte()) this.intake.rx.push(byte)
      if (byte === 0x0a || byte === 0x0d) this.#pump()
    }
    this.#schedule()
  }

  /** A line of another channel. */
  receiveOther(line: string): void {
    this.#advance()
    this.intake.pushOther(line)
    this.#pump()
    this.#schedule()
  }

  /** A real-time byte of another channel, or of a button of the machine. */
  receiveOtherByte(byte: number): void {
    this.#advance()
    this.#realTime(byte)
    this.#pump()
    this.#schedule()
  }

  /** The door is opened, or closed, which lets nothing go on by itself. */
  setDoor(open: boolean): void {
    this.#advance()
    this.door = open
    if (open) this.#door()
    this.#schedule()
  }

  /** Executes nothing for a while, and goes on. */
  pause(ms: number): void {
    this.intake.pause(ms)
    setTimeout(() => this.catchUp(), ms + 1).unref()
  }

  /** A setting is written: on an AVR no byte is heard meanwhile (eeprom.c). */
  writeMemory(): void {
    this.intake.deafen(this.options.memoryMs ?? 0)
  }

  /** Lets the time pass that has passed. */
  catchUp(): void {
    this.#advance()
    this.#pump()
  }

  /** Off and on again: the count begins at 0 wherever the axes are. */
  powerCycle(): void {
    this.output.dark()
    this.#forget()
    for (const axis of [0, 1, 2]) this.planner.setPosition(axis, 0)
    this.homed = false
    this.state = this.#firstState
    this.#restart(this.options.boot)
  }

  /** Looks at the switches again after somebody has pressed or released one. */
  touched(): void {
    this.axes.checkPins()
    this.#schedule()
  }

  /** A line is queued: the motors go. */
  start(state: 'Run' | 'Jog'): void {
    if (this.state === 'Idle') this.state = state
    this.axes.told()
  }

  *home(): Work {
    this.state = 'Home'
    this.axes.home()
    yield { ready: () => !this.axes.homing }
    this.axes.homed()
    this.homed = true
    this.state = 'Idle'
    if (this.#asked) this.say(this.reports.next())
    this.#asked = false
    yield* this.runStartup()
    return 0
  }

  sleep(): void {
    this.output.dark()
    this.state = 'Sleep'
    this.message('Sleeping')
  }

  /** The soft limit of G-code: comes to rest in good order, then locks. Answers nothing: everything is given up. */
  *softLimit(): Work {
    this.planner.holding = !this.planner.empty
    yield { ready: () => this.planner.speed === 0 }
    this.#alarm(2)
    yield { ready: () => false }
    return undefined
  }

  *runStartup(): Work {
    for (const line of this.settings.startup) {
      if (line === '') continue
      try {
        const status = yield* runBlock(this, line)
        this.say(`>${line}:${status ? `error:${status}` : 'ok'}`)
      } catch (error) {
        if (!(error instanceof GrblError)) throw error
        this.say(`>${line}:error:${error.number}`)
      }
    }
    return undefined
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#resetting)
  }

  #realTime(byte: number): void {
    if (byte !== 0x3f) this.#hooks.realTime(byte, process.hrtime.bigint())
    if (byte === 0x18) return this.#reset()
    if (this.#resetting || this.#critical) return
    if (byte === 0x3f) {
      // Grbl notes in homing that it was asked, and answers when it is done.
      if (this.state === 'Home' && !MANNERS[this.firmware].reportsHoming) this.#asked = true
      else this.say(this.reports.next())
    } else if (byte === 0x21) this.#hold()
    else if (byte === 0x7e) this.#resume()
    else if (byte === 0x85) this.#cancelJog()
    else if (byte === 0x84) this.#door()
    else if (this.output.overrides.take(byte)) this.output.shine()
  }

  #reset(): void {
    if (this.#resetting) return
    this.output.dark()
    if (this.axes.inMotion) {
      this.say(`ALARM:${this.axes.homing ? 6 : 3}`)
      this.homed = false
      this.state = 'Alarm'
    } else if (this.state === 'Sleep') this.state = 'Alarm'
    else if (this.state !== 'Alarm') this.state = 'Idle'
    this.#forget()
    this.#restart()
  }

  #restart({ ms, noise, welcomes } = { ms: this.options.resetMs, noise: '', welcomes: 1 }): void {
    clearTimeout(this.#resetting)
    if (noise !== '') this.client?.say(noise)
    this.#resetting = setTimeout(() => {
      this.#resetting = undefined
      this.intake.clear()
      this.reports.begin()
      for (let i = 0; i < welcomes; i++) this.say(`${noise}\r\n${MANNERS[this.firmware].welcome}`)
      if (this.state === 'Alarm') this.message("'$H'|'$X' to unlock")
      else if (this.door) this.#door()
      else this.#work = this.runStartup()
      this.axes.settlePins()
      this.#pump()
      this.#schedule()
    }, ms)
  }

  get #firstState(): State {
    return this.settings.hasBit(22, 0) ? 'Alarm' : 'Idle'
  }

  #forget(): void {
    this.axes.cut()
    this.#work = undefined
    this.#isOther = false
    this.#waiting = undefined
    this.#critical = false
    this.modes = freshModes
    this.output.overrides.reset()
    this.intake.clear()
  }

  #alarm(number: number): void {
    this.output.dark()
    this.axes.cut()
    if (number !== 2) this.homed = false
    this.state = 'Alarm'
    this.say(`ALARM:${number}`)
    if (number > 2) {
      // The line that was to home is answered all the same (system.c, system_execute_line).
      this.say('ok')
      this.#reset()
      return
    }
    this.#critical = true
    this.message('Reset to continue')
  }

  #hold(): void {
    if (this.state === 'Jog') this.#cancelJog()
    else if (this.state === 'Run' || this.state === 'Idle') {
      this.planner.holding = this.state === 'Run'
      this.state = 'Hold'
      if (this.settings.isSet(32) && !MANNERS[this.firmware].litInHold) this.output.dark()
    }
  }

  #resume(): void {
    if ((this.state !== 'Hold' && this.state !== 'Door') || this.planner.speed > 0 || this.door) return
    this.planner.holding = false
    this.state = this.planner.empty ? 'Idle' : 'Run'
    if (this.modes.spindle === 'M3') this.output.set('M3', this.modes.s)
    this.axes.told()
    this.#pump()
  }

  #cancelJog(): void {
    if (this.state !== 'Jog') return
    this.planner.holding = true
    this.#settle()
  }

  #door(): void {
    if (this.state === 'Home') return this.#alarm(7)
    this.output.dark()
    this.planner.holding = !this.planner.empty
    if (this.state === 'Alarm' || this.state === 'Sleep') return
    this.state = 'Door'
    this.message('Check Door')
  }

  #pump(): void {
    while (!this.#resetting && !this.#critical && !this.#suspended && !this.intake.isPaused) {
      if (!this.#work) {
        const taken = this.intake.take()
        if (!taken) return
        this.#isOther = taken.isOther
        this.#work = this.#run(taken.line)
      }
      if (this.#waiting && !this.#waiting.ready()) return
      this.#waiting = undefined
      const step = this.#work.next()
      if (!step.done) {
        this.#waiting = step.value
        continue
      }
      this.#work = undefined
      if (step.value !== undefined && !this.#isOther)
        this.say(step.value === 0 ? 'ok' : `error:${step.value}`)
    }
  }

  get #suspended(): boolean {
    return this.state === 'Hold' || this.state === 'Door' || this.state === 'Sleep'
  }

  *#run(text: string): Work {
    const line = text.replaceAll(/\([^)]*\)?|;.*|\s/g, '').toUpperCase()
    const fault = this.faults.takeError()
    if (fault) return fault
    if (line.length > 79) return 11
    if (line === '') return 0
    try {
      if (line.startsWith('$')) return yield* runSystem(this, line)
      if (this.state === 'Alarm' || this.state === 'Jog') return 9
      return yield* runBlock(this, line)
    } catch (error) {
      if (error instanceof GrblError) return error.number
      throw error
    }
  }

  #advance(): void {
    const before = this.planner.running
    const alarm = this.axes.advance()
    if (alarm > 0) this.#alarm(alarm)
    if (before) {
      this.#settle()
      const { running } = this.planner
      const held = this.state === 'Hold' || this.state === 'Door' || this.state === 'Alarm'
      if (running && !held) this.output.follow(running.light, running.share)
      // What is left on when motion ends: the last block's power, unless it followed the speed.
      else if (!running && !held) this.output.follow(before.light, 0)
    }
    this.axes.told()
  }

  /** Motion that is over is over, and a cancelled jog forgets what was queued behind it. */
  #settle(): void {
    const stopped = this.planner.holding && this.planner.speed === 0
    if (stopped && this.state === 'Jog') this.planner.clear()
    if (this.planner.empty && (this.state === 'Run' || this.state === 'Jog')) this.state = 'Idle'
  }

  /** Any change of a limit pin is a hard limit (limits.c); during homing and in an alarm nobody looks. */
  #pinsChanged(): void {
    const guarded = this.settings.hasBit(21, 0) && this.state !== 'Alarm' && this.state !== 'Home'
    if (guarded && !this.#critical) this.#alarm(1)
  }

  /** Wakes up again while time has something to do. */
  #schedule(): void {
    if (this.#timer || this.#resetting) return
    const due = this.#waiting?.due
    if (!this.axes.inMotion && due === undefined) return
    const ms = this.axes.inMotion ? TICK_MS : Math.max(0, (due ?? 0) - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#advance()
      this.#pump()
      this.#schedule()
    }, ms)
  }
}
