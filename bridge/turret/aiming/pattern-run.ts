import type { Action, Pattern, PatternRun, Preset } from '../../../shared/turret/presets.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { pause } from '../../core/deadline.ts'
import type { Caller } from '../../device/device.ts'
import type { SightContext } from './context.ts'

interface Plan {
  pattern: Pattern
  presetOf: (name: string) => Preset
  changed: (run: PatternRun | undefined) => void
}

/** One pattern that is run: from preset to preset, for as long as whoever began it may. */
export class PatternRunner {
  readonly #context: SightContext
  readonly #plan: Plan
  #step = 0
  #round = 1
  #state: PatternRun['state'] = 'moving'
  #going: AbortController | undefined
  #over = false

  constructor(context: SightContext, plan: Plan) {
    this.#context = context
    this.#plan = plan
  }

  get paused(): boolean {
    return this.#going === undefined
  }

  get uses(): Pattern {
    return this.#plan.pattern
  }

  /** Goes on where it was, on behalf of `caller`, and does not wait for the end. */
  go(caller: Caller): void {
    if (this.#going || this.#over) return
    const going = new AbortController()
    this.#going = going
    const own = { ...caller, signal: going.signal }
    this.#run(own, going.signal).catch((error: unknown) => {
      if (this.#going !== going) return
      const why = error instanceof Error ? error.message : String(error)
      if (!(error instanceof BenchError)) this.#context.log.error({ error }, 'the pattern failed')
      this.pause(why)
    })
  }

  /** Holds it in the step that it is in. */
  pause(why: string): void {
    if (this.#over || !this.#going) return
    this.#going.abort()
    this.#going = undefined
    this.#show('paused', why)
  }

  stop(): void {
    this.#over = true
    this.#going?.abort()
    this.#going = undefined
    this.#plan.changed(undefined)
  }

  async #run(caller: Caller, signal: AbortSignal): Promise<void> {
    const { id, call } = this.#context
    const { pattern, presetOf } = this.#plan
    while (pattern.rounds === 0 || this.#round <= pattern.rounds) {
      const { preset, dwellS, action } = pattern.steps[this.#step]!
      const { pan, tilt } = presetOf(preset)
      this.#show('moving')
      const move = { device: id, pan, tilt, relative: false, speed: pattern.speed, wait: true }
      await call('turret.move', move, now(caller))
      if (signal.aborted) return
      const arrived = performance.now()
      this.#show('acting')
      await this.#act(action, caller)
      if (signal.aborted) return
      this.#show('dwelling')
      if (!(await pause(dwellS * 1000 - (performance.now() - arrived), signal))) return
      this.#step = (this.#step + 1) % pattern.steps.length
      if (this.#step === 0) this.#round += 1
    }
    this.stop()
  }

  async #act(action: Action, caller: Caller): Promise<void> {
    const { id, camera, call } = this.#context
    const note = `pattern ${this.#plan.pattern.name}, step ${this.#step + 1}, round ${this.#round}`
    if (action.kind === 'still')
      await call('camera.still', { device: camera, format: 'png', note }, now(caller))
    else if (action.kind === 'pulse')
      await call('laser.fire', { device: id, ...action.burst, mock: action.mock }, now(caller))
    else if (action.kind === 'trace')
      await call('trace.read', { device: action.instrument, channel: action.channel, type: 1 }, now(caller))
  }

  #show(state: PatternRun['state'], why?: string): void {
    this.#state = state
    const { name, steps, rounds } = this.#plan.pattern
    this.#plan.changed({
      ...{ name, state: this.#state, step: this.#step, steps: steps.length, round: this.#round, rounds },
      ...(why === undefined ? {} : { why }),
    })
  }
}

function now(caller: Caller): Caller {
  return { ...caller, arrivedAt: performance.now() }
}
