import type { Ctp10State, DetectorState, ModuleState } from '../../../shared/instrument/ctp10.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { pause } from '../../core/deadline.ts'
import type { Topic } from '../../core/topic.ts'
import type { ScpiError } from '../scpi/errors.ts'
import type { Wire } from '../scpi/wire.ts'
import { ABORT, LIT } from './condition.ts'
import { CHANNELS, detectorPatch, readDetector } from './detector.ts'
import { darkenAll, readLaser } from './laser.ts'
import type { Powers } from './powers.ts'
import { readSweepMode, readSweepSettings } from './sweep.ts'
import { readAllTls, used } from './tls.ts'

/** How long an aborted sweep may take until the condition register is 0. */
const REST_MS = 5000
const LOOK_EVERY_MS = 50

/** What is known of an instrument as it is opened. */
export interface Learnt {
  state: Partial<InstrumentState>
  /** The reference lasers that are connected, each known to be off. */
  lasers: Ctp10State['lasers']
  /** What stood in its error queue before. */
  errors: ScpiError[]
}

/**
 * Learns who the instrument is, and makes it dark: whatever it sweeps is aborted and every reference laser is switched
 * off, since nobody answers for that light. Throws `device.faulted` when it is no CTP10, `scpi.error` when a laser
 * stays on.
 */
export async function learn(
  wire: Wire,
  device: { id: string; resource: string; lasers: readonly number[] | undefined },
  first: Powers,
): Promise<Learnt> {
  const identity = await readIdentity(wire, device)
  const errors = await wire.drainErrors()
  await comeToRest(wire, device.id)
  const lasers = await darkenAll(wire, device.id, device.lasers)
  const { module, ratePerS } = first
  return {
    errors,
    lasers,
    state: {
      resource: device.resource,
      identity,
      power: { module, channels: CHANNELS, unit: 'dBm', ratePerS, skipped: 0 },
      sweep: { phase: 'idle' },
      // Of an earlier connection.
      ctp10: undefined,
    },
  }
}

/** How the instrument is set: some sixty questions, which nobody has to wait for. */
export async function learnSettings(
  wire: Wire,
  lasers: Ctp10State['lasers'],
  powers: readonly Powers[],
): Promise<Required<Pick<InstrumentState, 'sweepSettings' | 'ctp10'>>> {
  const tls = await readAllTls(wire)
  const sweepSettings = await readSweepSettings(wire, used(tls))
  const modules = await readModules(wire, powers)
  return { sweepSettings, ctp10: { modules, tls, lasers, ...(await readSweepMode(wire)) } }
}

/** Runs a job with the line. */
type Run = <T>(job: (wire: Wire) => Promise<T>) => Promise<T>

/** Asks which lasers are lit, and how they are set, each in a job of its own; `known` hears of each. */
export async function learnLasers(
  run: Run,
  state: Topic<InstrumentState>,
  known: (laser: number, on: boolean) => void,
): Promise<void> {
  for (const laser of Object.keys(state.value.ctp10?.lasers ?? {})) {
    await run(async (wire) => {
      const read = await readLaser(wire, Number(laser))
      if (!read) return
      state.merge({ ctp10: { lasers: { [laser]: read } } })
      known(Number(laser), read.on)
    })
  }
}

/** Asks for every setting anew, as of learnLasers, so that others come in between. Which lasers are lit comes first. */
export async function learnAgain(
  run: Run,
  state: Topic<InstrumentState>,
  known: (laser: number, on: boolean) => void,
): Promise<void> {
  await learnLasers(run, state, known)
  const tls = await run(readAllTls)
  state.put({ sweepSettings: await run((wire) => readSweepSettings(wire, used(tls))) })
  state.merge({ ctp10: { tls, ...(await run(readSweepMode)) } })
  for (const module of Object.keys(state.value.ctp10?.modules ?? {})) {
    const detectors = await run((wire) => readDetectors(wire, Number(module)))
    for (const [channel, detector] of Object.entries(detectors))
      state.merge(detectorPatch(Number(module), Number(channel), detector))
  }
}

async function readIdentity(
  wire: Wire,
  { id, resource }: { id: string; resource: string },
): Promise<NonNullable<InstrumentState['identity']>> {
  const parts = (await wire.query('*IDN?')).split(',').map((part) => part.trim())
  const [maker = '', model = '', serial = '', firmware = ''] = parts
  if (model.toUpperCase().includes('CTP10')) return { maker, model, serial, firmware }
  const message = `${resource} is a ${maker} ${model}, not a CTP10`
  throw new BenchError('device.faulted', message, { device: id })
}

async function comeToRest(wire: Wire, device: string): Promise<void> {
  const until = performance.now() + REST_MS
  let register = await wire.number(':STAT:OPER:COND?')
  if (!(register & LIT)) return
  wire.write(ABORT)
  while (register !== 0) {
    if (performance.now() > until) {
      const message = `${device} sweeps, and has not ended that within ${REST_MS / 1000} s of being told to`
      throw new BenchError('device.timeout', message, { device })
    }
    await pause(LOOK_EVERY_MS, AbortSignal.timeout(REST_MS))
    register = await wire.number(':STAT:OPER:COND?')
  }
}

async function readModules(wire: Wire, powers: readonly Powers[]): Promise<Record<string, ModuleState>> {
  const modules: Record<string, ModuleState> = {}
  for (const { module, ratePerS, streamName } of powers) {
    const detectors = await readDetectors(wire, module)
    modules[String(module)] = { stream: streamName, ratePerS, skipped: 0, detectors }
  }
  return modules
}

async function readDetectors(wire: Wire, module: number): Promise<Record<string, DetectorState>> {
  const detectors: Record<string, DetectorState> = {}
  for (let channel = 1; channel <= CHANNELS.length; channel++) {
    detectors[String(channel)] = await readDetector(wire, module, channel)
  }
  return detectors
}
