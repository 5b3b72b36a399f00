import type { AutoFireRules, AutoFireState } from '../../../shared/turret/tracking.ts'
import { monotonicMs } from '../../core/clock.ts'
import type { Caller } from '../../device/device.ts'
import { type SightContext, turretError } from './context.ts'
import type { Look, Tracker } from './tracker.ts'

/** The turret comes to rest, and a picture of that is looked at. */
const FRESH_MS = 1000
const LOOKS = 2
/** A target that was not seen for so long while it is fired at is gone, or the camera is. */
const UNSEEN_MS = 400

interface Armed {
  rules: AutoFireRules
  caller: Caller
  over: AbortController
  fired: number
  /** Since when the target has been within the set pixels without a break. */
  since: number | undefined
  busy: boolean
  /** While it fires: disarms when the target is not seen again in time. */
  unseen: NodeJS.Timeout | undefined
}

/**
 * Fires at the target that is tracked, once its rules are met. Light needs a turret at rest, so tracking is held for
 * it, and what is seen then must be within the set pixels still.
 */
export class AutoFire {
  readonly #context: SightContext
  readonly #tracker: () => Tracker | undefined
  readonly #changed: (state: AutoFireState) => void
  #armed: Armed | undefined
  #fresh: { after: number; resolve: (look: Look) => void } | undefined

  constructor(
    context: SightContext,
    tracker: () => Tracker | undefined,
    changed: (state: AutoFireState) => void,
  ) {
    this.#context = context
    this.#tracker = tracker
    this.#changed = changed
  }

  /** Throws `laser.unready` while nothing is tracked. */
  arm(rules: AutoFireRules, caller: Caller): void {
    if (this.#tracker()?.mode !== 'turret')
      throw turretError(this.#context, 'laser.unready', 'no target is tracked: begin with track.start')
    this.disarm('armed anew')
    const idle = { fired: 0, since: undefined, busy: false, unseen: undefined }
    this.#armed = { rules, caller, over: new AbortController(), ...idle }
    this.#changed({ armed: true, rules, fired: 0, waitsFor: 'a target within the set pixels' })
  }

  /** Ends a burst that is under way, too. */
  disarm(why: string): void {
    const armed = this.#armed
    if (!armed) return
    this.#armed = undefined
    clearTimeout(armed.unseen)
    armed.over.abort()
    this.#changed({ armed: false, rules: armed.rules, fired: armed.fired, why })
  }

  /** Disarms when whoever armed it may not fire any more. */
  check(): void {
    const armed = this.#armed
    if (!armed) return
    try {
      this.#context.still('autofire.arm', armed.caller)
    } catch (error) {
      this.disarm(error instanceof Error ? error.message : String(error))
    }
  }

  look(look: Look): void {
    if (this.#fresh && look.seen.madeAt - (look.seen.exposureMs ?? 0) > this.#fresh.after) {
      this.#fresh.resolve(look)
      this.#fresh = undefined
    }
    this.check()
    const armed = this.#armed
    if (!armed) return
    if (armed.busy) {
      this.#lookAfter(armed, look)
      return
    }
    if (!isWithin(look, armed.rules)) {
      armed.since = undefined
      this.#wait('a target within the set pixels')
      return
    }
    armed.since ??= look.seen.madeAt
    if (look.seen.madeAt - armed.since < armed.rules.forMs) this.#wait('the target to stay for the set time')
    else if ((this.#tracker()?.speed ?? Infinity) > armed.rules.belowSpeed)
      this.#wait('the turret to turn more slowly')
    else {
      const missing = (this.#context.state.value.laser?.missing ?? ['no laser']).filter(
        (what) => what !== 'the turret is moving',
      )
      if (missing.length > 0) this.#wait(missing.join('; '))
      else void this.#fire(armed)
    }
  }

  async #fire(armed: Armed): Promise<void> {
    const { id, call, log } = this.#context
    const tracker = this.#tracker()
    armed.busy = true
    armed.since = undefined
    try {
      await tracker?.hold()
      // One picture may be wrong about what it shows.
      for (let looks = 0; looks < LOOKS; looks++) {
        const look = await this.#look()
        if (this.#armed !== armed || !look || !isWithin(look, armed.rules)) return
      }
      const caller = { ...armed.caller, signal: armed.over.signal, arrivedAt: performance.now() }
      const { burst, mock, most } = armed.rules
      armed.unseen = setTimeout(
        () => this.disarm(`the target was not seen for ${UNSEEN_MS} ms while it fired`),
        UNSEEN_MS,
      )
      await call('laser.fire', { device: id, ...burst, mock }, caller)
      armed.fired += 1
      if (this.#armed !== armed) return
      if (armed.fired >= most) this.disarm('it has fired as often as was set')
      else this.#changed({ armed: true, rules: armed.rules, fired: armed.fired })
    } catch (error) {
      log.warn({ error }, `${id}: auto-fire has ended`)
      if (this.#armed === armed) this.disarm(error instanceof Error ? error.message : String(error))
    } finally {
      clearTimeout(armed.unseen)
      armed.unseen = undefined
      armed.busy = false
      await tracker?.resume().catch((error: unknown) => tracker.end(String(error)))
    }
  }

  /** The target is to stay while it is fired at. */
  #lookAfter({ rules, unseen }: Armed, look: Look): void {
    if (!unseen || !look.errorPx) return
    if (isWithin(look, rules)) unseen.refresh()
    else this.disarm('the target has left the set pixels while it fired')
  }

  /** What is seen now that the turret is at rest; undefined when nothing is looked at any more. */
  #look(): Promise<Look | undefined> {
    const answer = Promise.withResolvers<Look | undefined>()
    const late = setTimeout(() => answer.resolve(undefined), FRESH_MS)
    this.#fresh = { after: monotonicMs(), resolve: answer.resolve }
    return answer.promise.finally(() => clearTimeout(late))
  }

  #wait(waitsFor: string): void {
    const { autoFire } = this.#context.state.value
    if (autoFire?.waitsFor !== waitsFor) this.#context.state.merge({ autoFire: { waitsFor } })
  }
}

function isWithin({ errorPx }: Look, { withinPx }: AutoFireRules): boolean {
  return errorPx !== undefined && Math.hypot(errorPx.x, errorPx.y) <= withinPx
}
