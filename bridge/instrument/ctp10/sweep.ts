import type { Ctp10State, SweepWanted } from '../../../shared/instrument/ctp10.ts'
import type { SweepSettings, SweepState } from '../../../shared/instrument/instrument.ts'
import type { Wire } from '../scpi/wire.ts'
import { isReferencing, SCANNING } from './condition.ts'
import { isOneOf, nanometres, rounded } from './quantity.ts'
import { setSpan, setTls } from './tls.ts'

/** A sweep may need this long before the register shows that it runs. */
const START_GRACE_MS = 1500

/**
 * Sets the whole span, its sampling and the speed of those TLS that take part, and gives what the instrument took.
 * Throws `scpi.error`.
 */
export async function configureSweep(
  wire: Wire,
  { startNm, stopNm, samplingPm, speedNmPerS }: SweepSettings,
  used: readonly number[],
): Promise<SweepSettings> {
  for (const tls of used) await wire.command(`:INIT:TLS${tls}:SPE ${speedNmPerS}`)
  await wire.command(`:INIT:WAV:SAMP ${samplingPm}PM`)
  await setSpan(wire, ':INIT:WAV', startNm, stopNm)
  return readSweepSettings(wire, used)
}

/** Sets what is wanted of the sweep and its TLS (CTP10 user guide, :INITiate). Throws `scpi.error`. */
export async function setSweep(wire: Wire, wanted: SweepWanted): Promise<void> {
  const { mode, stabilisation, samplingPm, startNm, stopNm, tls } = wanted
  if (mode) await wire.command(`:INIT:SMOD ${mode === 'single' ? 'SIN' : 'CONT'}`)
  if (stabilisation) {
    await wire.command(`:INIT:STAB ${stabilisation.keepOn ? 1 : 0},${stabilisation.seconds}`)
  }
  if (samplingPm !== undefined) await wire.command(`:INIT:WAV:SAMP ${samplingPm}PM`)
  await setTls(wire, tls)
  // Last of all, since the ends of the whole are those of the outermost lasers.
  await setSpan(wire, ':INIT:WAV', startNm, stopNm)
}

/** The instrument's present sweep: the whole span, and the speed of the first TLS that takes part. */
export async function readSweepSettings(wire: Wire, used: readonly number[]): Promise<SweepSettings> {
  const startM = await wire.number(':INIT:WAV:STAR?')
  const stopM = await wire.number(':INIT:WAV:STOP?')
  const samplingM = await wire.number(':INIT:WAV:SAMP?')
  const speedNmPerS = await wire.number(`:INIT:TLS${used[0] ?? 1}:SPE?`)
  return {
    startNm: nanometres(startM),
    stopNm: nanometres(stopM),
    samplingPm: rounded(samplingM * 1e12),
    speedNmPerS,
  }
}

/** How sweeps are made, whatever their span. */
export async function readSweepMode(wire: Wire): Promise<Pick<Ctp10State, 'mode' | 'stabilisation'>> {
  const continuous = isOneOf(await wire.query(':INIT:SMOD?'), '1', 'CONT', 'CONTINUOUS')
  const [keepOn = '', seconds = ''] = (await wire.query(':INIT:STAB?')).split(',')
  return {
    mode: continuous ? 'continuous' : 'single',
    stabilisation: { keepOn: isOneOf(keepOn, '1', 'ON'), seconds: Number(seconds) || 0 },
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
    return register & SCANNING && !isReferencing(register) ? { phase: 'running', startedAt: now } : state
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

/** What is to be said of a sweep by an instrument that was opened again, and has aborted whatever it found. */
export function sweepAtOpening(before: SweepState | undefined, why: string | undefined): SweepState {
  switch (before?.phase) {
    case 'running':
    case 'aborting': {
      const message = before.message ?? why ?? 'the connection was lost'
      return { ...before, phase: 'aborted', endedAt: Date.now(), message }
    }
    case 'aborted':
    case 'failed':
      return before
    default:
      return { phase: 'idle' }
  }
}
