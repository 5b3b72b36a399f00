import type { Lane } from './lane.ts'
import type { Aravis, Failing, Out, Pointer } from './native.ts'

type After<A extends unknown[]> = A extends [Pointer, ...infer Rest] ? Rest : never

export interface Bounds {
  min: number
  max: number
  step: number
}

/** A number that C keeps in 64 bits; no feature worth showing has more than 53. */
export function number(value: number | bigint): number {
  return Number(value)
}

/** One camera's features by GenICam's names (SFNC). What a question rejects with is the camera's reason. */
export class Named {
  readonly aravis: Aravis
  readonly camera: Pointer
  readonly #lane: Lane

  constructor(lane: Lane, camera: Pointer) {
    this.aravis = lane.aravis
    this.camera = camera
    this.#lane = lane
  }

  /** Asks the camera. An arrow function, so that it can be taken out of the object. */
  readonly ask = <A extends [Pointer, ...unknown[]], R>(
    native: Failing<A, R>,
    ...rest: After<A>
  ): Promise<R> => this.#lane.ask(native, ...([this.camera, ...rest] as unknown as A))

  /** Does quick work while nothing is asked of the camera. */
  do<R>(work: () => R): Promise<R> {
    return this.#lane.do(work)
  }

  async has(feature: string): Promise<boolean> {
    const there = await this.ask(this.aravis.isAvailable, feature).catch(() => 0)
    return there !== 0
  }

  /** Undefined when the camera has no such feature just now. */
  async integer(feature: string): Promise<number | undefined> {
    return (await this.has(feature)) ? number(await this.ask(this.aravis.integer, feature)) : undefined
  }

  async float(feature: string): Promise<number | undefined> {
    return (await this.has(feature)) ? this.ask(this.aravis.float, feature) : undefined
  }

  async text(feature: string): Promise<string | undefined> {
    if (!(await this.has(feature))) return undefined
    return (await this.ask(this.aravis.text, feature)) ?? undefined
  }

  async integerRange(feature: string): Promise<Bounds> {
    const min: Out<number | bigint> = [0]
    const max: Out<number | bigint> = [0]
    await this.ask(this.aravis.integerRange, feature, min, max)
    const step = number(await this.ask(this.aravis.integerStep, feature))
    return { min: number(min[0]), max: number(max[0]), step: Math.max(1, step) }
  }

  async floatRange(feature: string): Promise<{ min: number; max: number; step: number | undefined }> {
    const min: Out<number> = [0]
    const max: Out<number> = [0]
    await this.ask(this.aravis.floatRange, feature, min, max)
    return { min: min[0], max: max[0], step: await this.floatStep(feature) }
  }

  /** Undefined where the camera names no step, for which Aravis answers the smallest number there is. */
  async floatStep(feature: string): Promise<number | undefined> {
    const step = await this.ask(this.aravis.floatStep, feature).catch(() => 0)
    return step > 1e-12 ? step : undefined
  }

  /** What the enumeration can be just now; nothing where there is none. */
  async choices(feature: string): Promise<string[]> {
    if (!(await this.has(feature))) return []
    const count: Out<number> = [0]
    const strings = await this.ask(this.aravis.choices, feature, count)
    return this.do(() => this.aravis.takeStrings(strings, count[0]))
  }
}
