import { ScpiError } from './errors.ts'

/** A laser on one of the reference laser connections. Wavelengths in nm, powers in dBm, speeds in nm/s. */
export type Laser = {
  model: string
  low: number
  high: number
  maximumPower: number
  speeds: readonly number[]
  wavelength: number
  power: number
  on: boolean
}

/** What one TLS contributes to a sweep; identifier 0 is none. */
export type Tls = {
  identifier: number
  start: number
  stop: number
  speed: number
  power: number
  trigger: number
}

export type DetectorSettings = {
  hertz: boolean
  milliwatts: boolean
  wavelength: number
  trigger: number
  /** What `RESult?` answers once a reference was taken. */
  reference: string | undefined
}

const limits = { low: 1240, high: 1680 }
const narrowest = 0.1
/** Discrete, from 5 to 100 nm/s for a T100S-HP (EXFO CTP10 user guide, :INITiate:TLS:SPEed). */
const slowSpeeds = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20, 22, 25, 29, 33, 40, 50, 67, 100]
const fastSpeeds = [10, 20, 50, 100, 200]
const allSpeeds = [...new Set([...slowSpeeds, ...fastSpeeds])]

function laser(model: string, low: number, high: number, wavelength: number): Laser {
  const speeds = model.startsWith('T100S') ? slowSpeeds : fastSpeeds
  const maximumPower = model === 'T500S' ? 13 : 10
  return { model, low, high, maximumPower, speeds, wavelength, power: 10, on: true }
}

/** Everything that `*RST` puts back. */
export class Settings {
  readonly lasers = new Map<number, Laser>([
    [1, laser('T100S-HP', 1490, 1640, 1550)],
    [2, laser('T500S', 1260, 1360, 1310)],
    [3, laser('T200S', 1490, 1640, 1550)],
  ])
  readonly tls: readonly Tls[] = [1, 0, 0, 0].map((identifier) => ({
    identifier,
    start: 1520,
    stop: 1614,
    speed: 100,
    power: 10,
    trigger: 0,
  }))
  readonly #detectors = new Map<string, DetectorSettings>()
  /** pm */
  sampling = 1
  continuous = false
  stabilization = { output: true, seconds: 0 }

  detector(module: number, channel: number): DetectorSettings {
    const key = `${module}/${channel}`
    const kept = this.#detectors.get(key) ?? {
      hertz: false,
      milliwatts: false,
      wavelength: 1550,
      trigger: 0,
      reference: undefined,
    }
    this.#detectors.set(key, kept)
    return kept
  }

  /** The sources that take part in a sweep, from the shortest wavelength up. */
  get used(): Tls[] {
    return this.tls.filter(({ identifier }) => identifier > 0).sort((a, b) => a.start - b.start)
  }

  speeds(tls: Tls): readonly number[] {
    return this.lasers.get(tls.identifier)?.speeds ?? allSpeeds
  }

  reach(tls: Tls): { low: number; high: number } {
    return this.lasers.get(tls.identifier) ?? limits
  }

  /** Another laser brings its own reach and speeds, so what the old one had may have to give way. */
  choose(tls: Tls, identifier: number): void {
    if (identifier > 0 && !this.lasers.has(identifier)) throw new ScpiError(-241)
    tls.identifier = identifier
    const { low, high } = this.reach(tls)
    if (tls.start < low || tls.stop > high) Object.assign(tls, { start: low, stop: high })
    if (!this.speeds(tls).includes(tls.speed)) tls.speed = this.speeds(tls).at(-1) ?? tls.speed
  }

  /** One end of a span; the other moves out of its way (EXFO CTP10: "setting one can move the other"). */
  limit(tls: Tls, end: 'start' | 'stop', value: number): void {
    const { low, high } = this.reach(tls)
    if (end === 'start') {
      tls.start = Math.min(value, high - narrowest)
      tls.stop = Math.max(tls.stop, tls.start + narrowest)
    } else {
      tls.stop = Math.max(value, low + narrowest)
      tls.start = Math.min(tls.start, tls.stop - narrowest)
    }
  }
}
