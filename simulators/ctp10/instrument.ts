import { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Unit } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from './answer.ts'
import { Clock } from './clock.ts'
import { addCommonCommands } from './commands-common.ts'
import { addDetectorCommands } from './commands-detector.ts'
import { addLaserCommands } from './commands-laser.ts'
import { addSweepCommands } from './commands-sweep.ts'
import { addTraceCommands } from './commands-trace.ts'
import type { Channel } from './detector.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { ScpiError, Status } from './errors.ts'
import { addFaultCommands, Faults } from './faults.ts'
import { Noise } from './noise.ts'
import { Settings } from './settings.ts'
import { Sweep } from './sweep.ts'

const channelsPerModule = 4

/** `rate` in bytes a second, 0 without limit; `swept` is an instrument that has traces from the start. */
export type Options = {
  modules: number
  seed: number
  speedUp: number
  rate: number
  swept: boolean
  /** Hears whether any laser emits, each time that this changes. */
  emits?: (emission: boolean) => void
}

/** An EXFO CTP10 with one microring chip on each of its modules. */
export class Instrument {
  readonly status = new Status()
  readonly clock: Clock
  readonly faults: Faults
  readonly noise: Noise
  readonly sweep: Sweep
  settings = new Settings()
  readonly #devices = new Map<number, DeviceUnderTest>()
  readonly #tree = new CommandTree<Outcome>()
  readonly #emits: (emission: boolean) => void
  #emitted = false

  constructor({ modules, seed, speedUp, rate, swept, emits = () => {} }: Options) {
    this.#emits = emits
    this.clock = new Clock(speedUp)
    this.faults = new Faults(rate)
    this.noise = new Noise(seed)
    for (let module = 1; module <= modules; module++) {
      this.#devices.set(module, new DeviceUnderTest(seed * 100 + module))
    }
    this.sweep = new Sweep(this.clock, this.#devices, seed, {
      report: ({ code, message }) => this.status.report(code, message),
      lit: () => this.#lookForLight(),
    })
    if (swept) this.sweep.pretend(this.settings)
    addCommonCommands(this.#tree, this)
    addSweepCommands(this.#tree, this)
    addLaserCommands(this.#tree, this)
    addDetectorCommands(this.#tree, this)
    addTraceCommands(this.#tree, this)
    addFaultCommands(this.#tree, this.faults)
  }

  /** Runs one unit; what goes wrong is in the error queue, and there is no answer then. */
  run(unit: Unit): Outcome {
    try {
      if (unit.path.length === 0) throw new ScpiError(-102, unit.header)
      const call = this.#tree.find(unit)
      if (!call) throw new ScpiError(-113, unit.header)
      const outcome = call()
      this.#lookForLight()
      return outcome
    } catch (error) {
      if (!(error instanceof ScpiError)) throw error
      this.status.report(error.code, error.message)
      return undefined
    }
  }

  /** `*RST`; the traces stay, as on the instrument. */
  reset(): void {
    this.sweep.abort()
    this.settings = new Settings()
  }

  /** The detector that SENSe<s>:CHANnel<c> means; -114 for no such number, -241 for an empty slot. */
  locate(s: number, c: number): { module: number; channel: Channel; device: DeviceUnderTest } {
    if (s < 1 || s > 20 || c < 1 || c > 6) throw new ScpiError(-114, `SENSe${s}:CHANnel${c}`)
    const device = this.#devices.get(s)
    if (!device || c > channelsPerModule) throw new ScpiError(-241, `SENSe${s}:CHANnel${c}`)
    return { module: s, channel: c as Channel, device }
  }

  /** The light on the device now: the sweep's while one runs, else the static laser's. */
  light(): { wavelength: number; launched: number } | undefined {
    const swept = this.sweep.light()
    if (swept) return swept
    const laser = this.settings.lasers.get(this.settings.used[0]?.identifier ?? 1)
    return laser?.on ? { wavelength: laser.wavelength, launched: laser.power } : undefined
  }

  #lookForLight(): void {
    const emission = [...this.settings.lasers.values()].some(({ on }) => on)
    if (emission === this.#emitted) return
    this.#emitted = emission
    this.#emits(emission)
  }
}
