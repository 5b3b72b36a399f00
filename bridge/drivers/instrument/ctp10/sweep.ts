import type { SweepSettings, SweepState } from '../../../../shared/instrument.ts'
import type { Wire } from '../../../scpi/wire.ts'

/** A sweep may need this long before the register shows that it runs. */
const START_GRACE_MS = 1500

/** Sends the settings, one checked command each, and gives what the instrument took. Throws `scpi.error`. */
export async function configureSweep(wire: Wire, wanted: SweepSettings): Promise<SweepSettings> {
  await wire.command(`:INIT:TLS1:SPE ${wanted.speedNmPerS}`)
  await wire.command(`:INIT:WAV:SAMP ${wanted.samplingPm}PM`)
  await wire.command(`:INIT:WAV:STAR ${wanted.startNm}NM`)
  await wire.command(`:INIT:WAV:STOP ${wanted.stopNm}NM`)
  const taken = await readSweepSettings(wire)
  if (nearly(taken.startNm, wanted.startNm)) return taken
  // Setting one end can move the other: with the stop in place the start can be had.
  await wire.command(`:INIT:WAV:STAR ${wanted.startNm}NM`)
  return readSweepSettings(wire)
}

/** The instrument's present sweep. */
export async function readSweepSettings(wire: Wire): Promise<SweepSettings> {
  const startM = await wire.number(':INIT:WAV:STAR?')
  const stopM = await wire.number(':INIT:WAV:STOP?')
  const samplingM = await wire.number(':INIT:WAV:SAMP?')
  const speedNmPerS = await wire.number(':INIT:TLS1:SPE?')
  return {
    startNm: rounded(startM * 1e9),
    stopNm: rounded(stopM * 1e9),
    samplingPm: rounded(samplingM * 1e12),
    speedNmPerS,
  }
}

/**
 * The sweep's state after one look at the condition register (0 is idle: a sweep is over when the whole register is 0,
 * not when the scanning bit falls). The CTP10 reports no progress: it is estimated from span and speed.
 */
export function nextSweepState(
  state: SweepState,
  register: number,
  settings: SweepSettings | undefined,
  now: number,
): SweepState {
  const underWay = state.phase === 'running' || state.phase === 'aborting'
  if (!underWay) {
    // Somebody at the instrument itself, or another program, has started it.
    return register & SCANNING ? { phase: 'running', startedAt: now } : state
  }
  const elapsedMs = now - (state.startedAt ?? now)
  if (register === 0) {
    if (state.phase === 'aborting') return { ...state, phase: 'aborted', endedAt: now }
    const begun = state.progress !== undefined && state.progress > 0
    if (!begun && elapsedMs < START_GRACE_MS) return state
    return { ...state, phase: 'done', progress: 1, endedAt: now }
  }
  if (state.phase === 'aborting' || !settings) return state
  const expectedMs = (Math.abs(settings.stopNm - settings.startNm) / settings.speedNmPerS) * 1000
  const progress = Math.min(0.99, Math.max(0.01, elapsedMs / expectedMs))
  return { ...state, progress: Math.round(progress * 100) / 100 }
}

const SCANNING = 1 << 2

function nearly(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-4
}

/** Instruments answer nine digits: more are rounding errors of the change of unit. */
function rounded(value: number): number {
  return Number(value.toPrecision(9))
}
