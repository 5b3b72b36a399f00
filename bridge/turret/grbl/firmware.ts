/** Firmware that speaks Grbl 1.1, and differs in the numbers of its alarms and errors, its settings and its dwell. */
export type Firmware = 'Grbl' | 'grblHAL' | 'FluidNC'

/** By what `$I` says; `Grbl` for what does not say. */
export function firmwareOf(build: readonly string[]): Firmware {
  const text = build.join('\n')
  if (/^\[VER:[^\]]*FluidNC/m.test(text)) return 'FluidNC'
  return /^\[FIRMWARE:grblHAL/im.test(text) ? 'grblHAL' : 'Grbl'
}

/** The steps in which a dwell is timed as each is delivered, ms (DWELL_TIME_STEP of Grbl and grblHAL). */
export const DWELL_STEP_MS: Readonly<Record<Firmware, number>> = { Grbl: 50, grblHAL: 50, FluidNC: 1 }
