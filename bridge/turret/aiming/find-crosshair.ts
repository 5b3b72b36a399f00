import type { LaserSpot, Pixel } from '../../../shared/turret/sight.ts'
import type { LaserBounds } from '../../../shared/turret/turret.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { monotonicMs } from '../../core/clock.ts'
import { pause } from '../../core/deadline.ts'
import type { Caller } from '../../device/device.ts'
import { type SightContext, sightOf, turretError } from './context.ts'

/** Pulses of one result. Two results, of pulses of their own, have to agree. */
const PULSES = 5
const ALL_PULSES = 2 * PULSES
const MOST_APART_PX = 2
/** Pulses that may be fired besides, for those that the pictures were late for. */
const SPARE_PULSES = 8
/** Pictures of the dark before a pulse, and as many after it: what passes is in the fewer of them. */
const DARK_FRAMES = 4
/** The dark between two pulses is longer by up to so much, at random: nothing else keeps that time. */
const IRREGULAR_MS = 400
/** The controller's and the line's own time, which counts as light (bounds.ts of the driver). */
const COUNTED_MS = 60
const BOUNDS_AGAIN_MS = 500
const MOST_MS = 90_000
const MOVED_DEGREES = 0.02

export interface FindProgress {
  /** Pulses that the pictures have answered. */
  pulse: number
  pulses: number
  /** What the first of the two results says. */
  near?: Pixel
}

interface Wish {
  powerPercent: number
  pulseMs: number
}

/**
 * Fires weak pulses at irregular times, and finds the place that answers all of them: what moves or blinks by itself
 * answers some. Rejects with `camera.failed` when there is no such place, more than one, or not twice the same;
 * `laser.bounds` and `input.invalid` for pulses that neither laser nor camera can do; or as firing does.
 */
export async function findLaserSpot(
  context: SightContext,
  wish: Wish,
  caller: Caller,
  tell: (progress: FindProgress) => void,
): Promise<LaserSpot> {
  const sight = sightOf(context)
  const plan = planFor(context, wish)
  const late = AbortSignal.timeout(MOST_MS)
  const own = { ...caller, signal: AbortSignal.any([caller.signal, late]) }
  const place = placeOf(context)
  const good: string[] = []
  let near: Pixel | undefined
  const show = (): void => tell({ pulse: good.length, pulses: ALL_PULSES, ...(near && { near }) })
  show()
  try {
    for (let fired = 0; good.length < ALL_PULSES; fired++) {
      if (fired >= plan.mostPulses)
        throw turretError(
          context,
          'camera.failed',
          `the pictures came too late to tell lit from dark with ${fired - good.length} of ${fired} pulses: try longer pulses`,
        )
      const name = `pulse ${good.length}`
      if (await pulse(context, { ...wish, ...plan, name, isFirst: fired === 0 }, own)) good.push(name)
      requireSame(context, place)
      if (good.length === PULSES && !near) near = rounded(await sight.spot(good))
      show()
    }
    const again = await sight.spot(good.slice(PULSES))
    const apart = near ? Math.hypot(again.x - near.x, again.y - near.y) : Infinity
    if (apart > MOST_APART_PX)
      throw turretError(
        context,
        'camera.failed',
        `two results are ${Math.round(apart)} px apart: something else than the laser changes in the picture`,
      )
    const { strength, ...spot } = await sight.spot(good)
    return { ...rounded(spot), strength: Math.round(strength), at: Date.now() }
  } catch (error) {
    if (!late.aborted || caller.signal.aborted) throw error
    throw turretError(context, 'camera.failed', `finding the spot took longer than ${MOST_MS / 1000} s`)
  } finally {
    await sight.forget().catch(() => {})
  }
}

interface Plan {
  litFrames: number
  /** From one pulse to the next, so that light stays below its share. */
  spacingMs: number
  mostPulses: number
}

/** Throws `laser.bounds`, `laser.unready`, `camera.failed` or `input.invalid` for what cannot be done. */
function planFor(context: SightContext, { pulseMs }: Wish): Plan {
  const { state, camera } = context
  const bounds = state.value.laser?.bounds
  if (!bounds) throw turretError(context, 'laser.unready', 'its laser is not known yet')
  const frames = sightOf(context).frameMs
  if (!frames) throw turretError(context, 'camera.failed', `${camera} gives no pictures now`)
  if (bounds.mostPulses < ALL_PULSES)
    throw turretError(
      context,
      'laser.bounds',
      `finding the spot takes ${ALL_PULSES} pulses, and laser.mostPulses allows ${bounds.mostPulses} here: click where the laser hits`,
    )
  const { period, exposure } = frames
  // One that is stamped late shows what was earlier: the second half of a pulse is looked at, by whole exposures.
  const litFrames = Math.floor((pulseMs / 2 - exposure) / period)
  if (litFrames < 1)
    throw turretError(
      context,
      'input.invalid',
      `pulses of ${pulseMs} ms are too short for the pictures of ${camera}: ask for ${roundUp(2 * (period + exposure), bounds)} ms`,
    )
  const spacingMs = ((pulseMs + COUNTED_MS) * 100) / bounds.dutyPercent
  if (spacingMs * ALL_PULSES > MOST_MS)
    throw turretError(
      context,
      'laser.bounds',
      `with ${bounds.dutyPercent} % of light, ${ALL_PULSES} pulses take longer than ${MOST_MS / 1000} s: ask for shorter ones`,
    )
  return { litFrames, spacingMs, mostPulses: Math.min(bounds.mostPulses, ALL_PULSES + SPARE_PULSES) }
}

function roundUp(ms: number, { stepMs }: LaserBounds): number {
  return Math.ceil(ms / stepMs) * stepMs
}

/** Fires one pulse; answers whether the pictures came in time to keep what it has added, under `name`. */
async function pulse(
  context: SightContext,
  {
    powerPercent,
    pulseMs,
    litFrames,
    spacingMs,
    name,
    isFirst,
  }: Wish & Plan & { name: string; isFirst: boolean },
  caller: Caller,
): Promise<boolean> {
  const sight = sightOf(context)
  const { signal } = caller
  const wait = async (ms: number): Promise<void> => {
    if (!(await pause(ms, signal)))
      throw turretError(context, 'aborted', 'the crosshair is looked for no more')
  }
  await cooled(context, signal)
  await wait(Math.random() * IRREGULAR_MS)
  for (;;) {
    await sight.keepEach('before', monotonicMs(), DARK_FRAMES)
    const begun = monotonicMs()
    const lit = sight.keepEach('lit', begun + pulseMs / 2, litFrames)
    lit.catch(() => {})
    const burst = { pulses: 1, pulseMs, gapMs: 0, powerPercent, mock: false }
    try {
      await context.call(
        'laser.fire',
        { device: context.id, ...burst },
        { ...caller, arrivedAt: performance.now() },
      )
    } catch (error) {
      // Light of before counts as well: it is waited for until that is past.
      if (isFirst || !(error instanceof BenchError) || error.code !== 'laser.bounds') throw error
      await wait(BOUNDS_AGAIN_MS)
      continue
    }
    const ended = monotonicMs()
    const spaced = wait(begun + spacingMs - monotonicMs())
    spaced.catch(() => {})
    await sight.keepEach('after', ended + pulseMs / 2, DARK_FRAMES)
    const { from, to } = await lit
    await spaced
    // It began after it was asked for, and was over when that was said: so much is sure to have been lit.
    if (from < ended - pulseMs || to > begun + pulseMs) return false
    await sight.pulse(name, 'lit', ['before', 'after'])
    return true
  }
}

/** Resolves when the laser has cooled down, or is not there any more. Rejects when the signal aborts. */
async function cooled({ id, state }: SightContext, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>()
  const look = (): void => {
    if (state.value.laser?.cooldownUntil === undefined) done.resolve()
  }
  const leave = (): void => done.reject(turretError({ id }, 'aborted', 'the crosshair is looked for no more'))
  const unsubscribe = state.subscribe(look)
  signal.addEventListener('abort', leave, { once: true })
  try {
    if (signal.aborted) leave()
    look()
    await done.promise
  } finally {
    signal.removeEventListener('abort', leave)
    unsubscribe()
  }
}

function placeOf({ state }: SightContext): { pan: number; tilt: number } | undefined {
  return state.value.position
}

/** Throws when the turret has turned: what a camera on it sees has moved, and what the laser hits. */
function requireSame(context: SightContext, from: { pan: number; tilt: number } | undefined): void {
  const now = placeOf(context)
  const still = from && now && Math.hypot(now.pan - from.pan, now.tilt - from.tilt) <= MOVED_DEGREES
  if (!still)
    throw turretError(context, 'aborted', 'the turret has turned while the crosshair was looked for')
}

function rounded({ x, y }: Pixel): Pixel {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 }
}
