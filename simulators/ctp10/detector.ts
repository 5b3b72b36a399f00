import type { DeviceUnderTest } from './device-under-test.ts'
import type { Noise } from './noise.ts'

/** IN1, IN2, TLS IN and OUT TO DUT of an IL RL OPM2 module. */
export type Channel = 1 | 2 | 3 | 4

/** The detectors' dark noise, in mW, and the part of the signal that is noise. */
const dark = 1e-8
const relative = 3e-4

export function toMilliwatts(dbm: number): number {
  return 10 ** (dbm / 10)
}

export function toDecibels(ratio: number): number {
  return 10 * Math.log10(ratio)
}

/** Power in dBm at a channel with nothing in the way of the light: what a reference measures. */
export function referencePower(channel: Channel, launched: number, wavelength: number): number {
  if (channel === 3) return launched
  return launched - 1.2 - (channel === 4 ? 0 : 0.003 * (wavelength - 1550))
}

/**
 * The fraction of its reference that a channel sees through the device, with the detector's noise.
 * `reference` is the power in mW that the fraction is of.
 */
export function measuredFraction(
  device: DeviceUnderTest,
  channel: Channel,
  wavelength: number,
  shift: number,
  reference: number,
  noise: Noise,
): number {
  const fraction = channel > 2 ? 1 : device.transmission(channel as 1 | 2, wavelength, shift)
  const floor = dark / reference
  // A detector near its floor reads small, never negative: dB could not show that.
  return Math.max(fraction + noise.gauss() * (relative * fraction + floor), floor / 10)
}

/** A live reading in dBm; `launched` is undefined while no laser shines. Wavelength in nm, time in s. */
export function livePower(
  device: DeviceUnderTest,
  channel: Channel,
  light: { wavelength: number; launched: number } | undefined,
  time: number,
  noise: Noise,
): number {
  if (!light) return toDecibels(Math.max(Math.abs(noise.gauss()) * dark, dark / 10))
  const wander = 0.02 * Math.sin(time / 31 + channel) + 0.004 * Math.sin(time / 2.3)
  const reference = referencePower(channel, light.launched + wander, light.wavelength)
  const fraction = measuredFraction(
    device,
    channel,
    light.wavelength,
    device.shift(time),
    toMilliwatts(reference),
    noise,
  )
  return reference + toDecibels(fraction)
}
