import { z } from 'zod'
import { defineDriver, type Driver } from '../../bridge/device/device.ts'
import type { DeviceGuard } from '../../bridge/core/guard.ts'

/** Devices of a test's own that emit when the test says so; what the bridge makes of that is the bridge's. */
export class Lamps {
  readonly #guards = new Map<string, DeviceGuard>()
  /** Whether a lamp refuses to go dark, and confirms nothing. */
  stuck = false

  /** What bench.yaml calls `instrument.lamp`. */
  readonly driver: Driver = defineDriver({
    kind: 'instrument.lamp',
    family: 'instrument',
    config: z.object({}),
    open: (_, { id, guard }) => {
      this.#guards.set(id, guard)
      guard.seenDark()
      const end = (): void => {
        if (!this.stuck) guard.seenDark()
      }
      return Promise.resolve({
        commands: {},
        stop: () => {
          end()
          return this.stuck
            ? Promise.reject(new Error('it does not answer'))
            : Promise.resolve('proven' as const)
        },
        endEmission: end,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      })
    },
  })

  /** Switches one on, as its driver would. */
  light(id: string): void {
    this.#guard(id).mayEmit()
  }

  dark(id: string): void {
    this.#guard(id).seenDark()
  }

  #guard(id: string): DeviceGuard {
    const guard = this.#guards.get(id)
    if (!guard) throw new Error(`there is no lamp ${id} yet`)
    return guard
  }
}
