import { Noise } from './noise.ts'

type Ring = { centre: number; width: number; floor: number; drop: number }

/**
 * A silicon microring with a through and a drop port, behind two couplers.
 * Wavelengths in nm, times in s. Not in any manual: only made to look like the real thing.
 */
export class DeviceUnderTest {
  readonly #rings: Ring[] = []
  readonly #phases: [number, number, number]
  #at = 0

  constructor(seed: number) {
    const noise = new Noise(seed)
    this.#phases = [noise.between(0, 6), noise.between(0, 6), noise.between(0, 6)]
    let centre = 1235 + noise.between(0, 2)
    while (centre < 1690) {
      const extinction = noise.between(8, 25)
      const q = noise.between(22_000, 75_000)
      this.#rings.push({
        centre,
        width: centre / q,
        floor: 10 ** (-extinction / 10),
        drop: 10 ** (-noise.between(1.5, 4) / 10),
      })
      // The free spectral range grows with the square of the wavelength: the dispersion of a real ring.
      centre += 2.4 * (centre / 1550) ** 2 + noise.between(-0.004, 0.004)
    }
  }

  /** How far the room's temperature has moved the comb by a given time. */
  shift(time: number): number {
    const [slow, middle, fast] = this.#phases
    return (
      0.003 * Math.sin(time / 15.4 + slow) +
      0.001 * Math.sin(time / 3.7 + middle) +
      0.0004 * Math.sin(time + fast)
    )
  }

  /** Fraction of the power that reaches the through port (1) or the drop port (2). */
  transmission(port: 1 | 2, wavelength: number, shift: number): number {
    const ring = wavelength - shift
    const rings = this.#rings
    // A sweep asks in ascending order, so the neighbours asked for last are nearly always right.
    let at = this.#at
    while (at < rings.length - 2 && (rings[at + 1]?.centre ?? 0) < ring) at++
    while (at > 0 && (rings[at]?.centre ?? 0) > ring) at--
    this.#at = at
    let through = 1
    let drop = 3e-5
    for (let i = at; i <= at + 1; i++) {
      const { centre, width, floor, drop: peak } = rings[i] as Ring
      const detuning = (2 * (ring - centre)) / width
      const lorentzian = 1 / (1 + detuning * detuning)
      through *= 1 - (1 - floor) * lorentzian
      drop += peak * lorentzian
    }
    // Couplers that favour the short end, and the cavity between the two facets of the chip.
    const loss = -5.5 - 0.02 * (wavelength - 1550) + 0.12 * Math.cos((2 * Math.PI * 6.864e6) / wavelength)
    return (port === 1 ? through : drop) * Math.exp(loss * 0.2302585093)
  }
}
