import { BenchError } from '../../../../shared/wire/errors.ts'
import type { MediaEntry } from '../../../../shared/gallery/gallery.ts'
import type { LapseState } from '../../../../shared/camera/lapse.ts'
import { epochMsOf, monotonicMs } from '../../../core/clock.ts'
import type { DriverContext, Handlers, Caller } from '../../../device/device.ts'
import type { Series } from '../../../device/gallery-keeper.ts'
import type { ParsedInputOf } from '../../../../shared/commands.ts'
import { absent } from '../../device/absence.ts'
import type { StillWish } from '../still/bridge-part.ts'

type Wish = ParsedInputOf<'camera.lapse.start'>

/** A timer that is set for longer than this fires at once (2^31 ms). */
const LONGEST_TIMER_MS = 3_600_000

/** One camera's time lapse: a still at each place of a grid that begins with the first one. */
export class Lapse implements Disposable {
  readonly commands: Handlers
  readonly #context: DriverContext<'camera'>
  readonly #keep: (wish: StillWish) => Promise<MediaEntry>
  #series: Series | undefined
  /** When the grid began, by the monotonic clock: a clock that is set moves no place of it. */
  #zero = 0
  #timer: NodeJS.Timeout | undefined
  #busy = false

  /** `keep` takes a still into the gallery. */
  constructor(context: DriverContext<'camera'>, keep: (wish: StillWish) => Promise<MediaEntry>) {
    this.#context = context
    this.#keep = keep
    this.commands = {
      'camera.lapse.start': (wish, caller) => this.#start(wish, caller),
      'camera.lapse.stop': async () => this.#stop(),
    }
  }

  /** Goes on with a time lapse that was interrupted; what was due meanwhile is missed. */
  resume(): void {
    if (this.#series) return
    this.#series = this.#context.gallery.series(this.#context.id)
    if (!this.#series) return
    this.#zero = zeroOf(this.#series)
    this.#countMissed(this.#series, 'the camera or the bridge was not running')
    this.#next()
  }

  async #start({ everyS, count, untilS, format, note, tags }: Wish, { name }: Caller): Promise<LapseState> {
    const { id, gallery, state } = this.#context
    if (state.value.inlet && !state.value.inlet.by) throw absent(state.value, 'begin a time lapse')
    if (this.#series) {
      throw new BenchError('device.busy', `${id} takes a time lapse already: stop it first`, { device: id })
    }
    await gallery.requireRoom(id)
    const since = Date.now()
    this.#zero = monotonicMs()
    const of = count ?? (untilS === undefined ? undefined : Math.floor(untilS / everyS) + 1)
    const stamp = new Date(since).toISOString().replace(/\D/g, '').slice(0, 17)
    this.#series = {
      group: `lapse-${id}-${stamp}`,
      device: id,
      who: name,
      since,
      everyMs: everyS * 1000,
      ...(of === undefined ? {} : { of }),
      format,
      ...(note ? { note } : {}),
      tags: tags ?? [],
      taken: 0,
      missed: 0,
    }
    gallery.saveSeries(this.#series)
    return this.#next()
  }

  #stop(): LapseState {
    const { id } = this.#context
    const series = this.#series
    if (!series) throw new BenchError('input.invalid', `${id} takes no time lapse`, { device: id })
    return this.#end(series, 'stopped')
  }

  /** Waits for the next place of the grid, or ends. */
  #next(problem?: string): LapseState {
    const series = this.#series!
    const done = series.taken + series.missed
    if (series.of !== undefined && done >= series.of) return this.#end(series, 'done', problem)
    const dueAt = this.#zero + done * series.everyMs
    const nextAt = Math.round(epochMsOf(dueAt))
    const shown = this.#show(series, 'running', { nextAt, ...(problem ? { problem } : {}) })
    clearTimeout(this.#timer)
    const wait = dueAt - monotonicMs()
    const again = (): void => (monotonicMs() < dueAt ? void this.#next(problem) : void this.#take(series))
    this.#timer = setTimeout(again, Math.min(Math.max(0, wait), LONGEST_TIMER_MS))
    return shown
  }

  async #take(series: Series): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    const { group, format, who, note, tags } = series
    const part = series.taken + series.missed + 1
    let problem: string | undefined
    try {
      await this.#keep({ format, by: who, note, tags, group, part })
      series.taken += 1
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      this.#context.log.warn(`${group}: still ${part} was missed: ${problem}`)
      series.missed += 1
    } finally {
      this.#busy = false
    }
    // Stopped, closed, or replaced meanwhile: what was taken counts, and nothing comes after it.
    if (this.#series !== series) return
    this.#countMissed(series, 'the one before it took too long')
    this.#context.gallery.saveSeries(series)
    this.#next(problem)
  }

  /** Places of the grid that have gone by with nothing taken there, all but the newest, which can still be taken. */
  #countMissed(series: Series, why: string): void {
    const due = Math.floor((monotonicMs() - this.#zero) / series.everyMs)
    const places = series.of === undefined ? due : Math.min(due, series.of)
    const missed = places - (series.taken + series.missed)
    if (missed <= 0) return
    series.missed += missed
    this.#context.log.warn(`${series.group}: ${missed} stills were missed: ${why}`)
    this.#context.gallery.saveSeries(series)
  }

  #end(series: Series, phase: 'done' | 'stopped', problem?: string): LapseState {
    clearTimeout(this.#timer)
    this.#series = undefined
    this.#context.gallery.endSeries(series.group)
    return this.#show(series, phase, problem ? { problem } : {})
  }

  #show(series: Series, phase: LapseState['phase'], more: Partial<LapseState>): LapseState {
    const { group, since, everyMs, of, taken, missed } = series
    const lapse: LapseState = {
      phase,
      group,
      since,
      everyS: everyMs / 1000,
      ...(of === undefined ? {} : { of }),
      taken,
      missed,
      ...more,
    }
    this.#context.state.put({ lapse })
    return lapse
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#series = undefined
  }
}

/**
 * When the grid of a series began that goes on after a restart. Where the clock was set back since, the grid is moved
 * so that the next place is no further away than it would be: a series that waited for the clock would stand still.
 */
function zeroOf({ since, everyMs, taken, missed }: Series): number {
  const lasted = Date.now() - since
  return monotonicMs() - Math.max(lasted, (taken + missed - 1) * everyMs)
}
