import type { Referencing, ReferenceResult } from '../../../shared/instrument/ctp10.ts'
import type { Wire } from '../scpi/wire.ts'

/** A reference takes 5 to 10 s. */
const LONGEST_MS = 60_000
/** It may need this long before the register shows that it runs. */
const START_GRACE_MS = 1500

/**
 * Begins a reference (CTP10 user guide, :REFerence). That a quick one is begun by QUICk is unverified: an instrument
 * that has another word for it says so. Throws `scpi.error`.
 */
export async function startReference(
  wire: Wire,
  module: number,
  channel: number,
  quick: boolean,
): Promise<void> {
  await wire.command(`:REF:SENS${module}:CHAN${channel}:${quick ? 'QUIC:' : ''}INIT`)
}

/** Reads `1,0,20251128,092631` (state, type, date, time); undefined where there is no valid reference. */
export function parseReference(answer: string): ReferenceResult | undefined {
  const [state, type, date = '', time = ''] = answer.split(',').map((part) => part.trim())
  if (state !== '1') return undefined
  return { kind: type === '1' ? 'TF/PDL' : 'TF', date, time }
}

/**
 * Where a reference is after one look at the condition register. `over` when it has come to its end and its result is
 * to be read: the register does not say what came of it.
 */
export function nextReferencing(
  state: Referencing,
  seen: boolean,
  register: number,
  now: number,
): Referencing | 'over' {
  if (state.phase !== 'running' && state.phase !== 'aborting') return state
  const elapsedMs = now - state.startedAt
  if (register === 0) {
    if (state.phase === 'aborting') return { ...state, phase: 'aborted', endedAt: now }
    if (seen || elapsedMs > START_GRACE_MS) return 'over'
  }
  if (elapsedMs <= LONGEST_MS) return state
  const message = `no end after ${LONGEST_MS / 1000} s: it was aborted, look at the instrument`
  return { ...state, phase: 'failed', endedAt: now, message }
}

/** What is to be said of a reference by an instrument that was opened again, and has aborted whatever it found. */
export function referenceAtOpening(
  before: Referencing | undefined,
  why: string | undefined,
): Referencing | undefined {
  if (before?.phase !== 'running' && before?.phase !== 'aborting') return before
  const message = before.message ?? why ?? 'the connection was lost'
  return { ...before, phase: 'aborted', endedAt: Date.now(), message }
}
