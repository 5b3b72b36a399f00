import {
  type CrosshairState,
  crosshairState,
  type LaserSpot,
  type Pixel,
  type SightState,
  whyAskFirst,
} from '../../../shared/turret/sight.ts'
import type { Caller } from '../../device/device.ts'
import { type SightContext, sightOf, turretError } from './context.ts'
import { type FindProgress, findLaserSpot } from './find-crosshair.ts'
import type { TurretMemory } from './memory.ts'

const KEPT = 'crosshair'

type Shown = Pick<SightState, 'crosshair' | 'finding' | 'spot'>

/** The place in the picture that the turret is aimed with, who says that the laser hits there, and whether the laser was asked. */
export class Crosshair {
  readonly #context: SightContext
  readonly #memory: TurretMemory
  #shown: Shown

  /** The crosshair of before a restart, if there was one. */
  constructor(context: SightContext, memory: TurretMemory) {
    this.#context = context
    this.#memory = memory
    const kept = memory.read(KEPT, crosshairState)
    this.#shown = kept ? { crosshair: kept } : {}
  }

  /** As the turret's topic shows it. */
  get shown(): Shown {
    return this.#shown
  }

  /** px; the middle of the picture until somebody has put it elsewhere. */
  get place(): Pixel {
    const { crosshair } = this.#shown
    if (crosshair) return { x: crosshair.x, y: crosshair.y }
    const { size } = sightOf(this.#context)
    return size ? { x: (size.width - 1) / 2, y: (size.height - 1) / 2 } : { x: 0, y: 0 }
  }

  /** Where the laser hits, as somebody says by a click. */
  put(x: number, y: number): void {
    this.#keep({ x, y, found: 'click' })
  }

  get isBeingFound(): boolean {
    return this.#shown.finding !== undefined
  }

  /** Fires weak pulses, and finds where the picture answers them; that is nothing before `confirm`. Rejects as `findLaserSpot` does. */
  async find(powerPercent: number, pulseMs: number, caller: Caller): Promise<LaserSpot> {
    const tell = (finding: FindProgress | undefined): void => this.#show({ finding })
    this.#show({ spot: undefined })
    try {
      const spot = await findLaserSpot(this.#context, { powerPercent, pulseMs }, caller, tell)
      this.#show({ spot })
      return spot
    } finally {
      tell(undefined)
    }
  }

  /** Throws `input.invalid` when no spot was found. */
  confirm(isLaser: boolean): void {
    const { spot } = this.#shown
    if (!spot)
      throw turretError(
        this.#context,
        'input.invalid',
        'no spot was found that could be confirmed: find it first (sight.findCrosshair)',
      )
    this.#show({ spot: undefined })
    const { x, y, at } = spot
    if (isLaser) this.#keep({ x, y, found: 'spot', checkedAt: at })
  }

  /** Why real light is not to follow it without being asked for; undefined when it may, or was asked for before. */
  get whyAskFirst(): string | undefined {
    const { mount } = this.#context
    const why = whyAskFirst({ mount, crosshair: this.#shown.crosshair }, sightOf(this.#context).size)
    return why && `the crosshair ${why}`
  }

  /** Somebody wants real light with it though it was never checked: they are not asked again before it is another. */
  accept(): void {
    this.#keep({ found: 'middle', ...this.#shown.crosshair, ...this.place, accepted: true })
  }

  #keep(crosshair: CrosshairState): void {
    const { size } = sightOf(this.#context)
    const kept = { ...crosshair, ...(size && { size: { ...size } }) }
    this.#memory.write(KEPT, kept)
    this.#show({ crosshair: kept })
  }

  #show(members: Shown): void {
    this.#shown = { ...this.#shown, ...members }
    const { state } = this.#context
    state.put({ sight: { ...state.value.sight!, ...this.#shown } })
  }
}
