import type { Ctp10State, TlsState, TlsWanted } from '../../../shared/instrument/ctp10.ts'
import type { Wire } from '../scpi/wire.ts'
import { nanometres } from './quantity.ts'

const TLS = [1, 2, 3, 4]
/** Two wavelengths that are the same, in nm. */
const SAME_NM = 1e-4

/** What each TLS contributes to a sweep (CTP10 user guide, :INITiate:TLS). */
export async function readAllTls(wire: Wire): Promise<Ctp10State['tls']> {
  const all: Ctp10State['tls'] = {}
  for (const tls of TLS) all[String(tls)] = await readTls(wire, tls)
  return all
}

/** Those TLS that take part in a sweep; the first where none says so. */
export function used(tls: Ctp10State['tls'] | undefined): number[] {
  const taking = Object.entries(tls ?? {}).filter(([, { identifier }]) => identifier > 0)
  return taking.length > 0 ? taking.map(([number]) => Number(number)) : [1]
}

async function readTls(wire: Wire, tls: number): Promise<TlsState> {
  const at = `:INIT:TLS${tls}`
  return {
    identifier: await wire.number(`${at}:IDEN?`),
    startNm: nanometres(await wire.number(`${at}:WAV:STAR?`)),
    stopNm: nanometres(await wire.number(`${at}:WAV:STOP?`)),
    speedNmPerS: await wire.number(`${at}:SPE?`),
    powerDbm: await wire.number(`${at}:POW?`),
    trigger: await wire.number(`${at}:TRIG?`),
  }
}

/**
 * Sets TLS, one checked command each. Another laser brings its own reach and speeds, so the identifiers of all come
 * first and their wavelengths last. Throws `scpi.error` with the instrument's own words.
 */
export async function setTls(wire: Wire, wanted: readonly TlsWanted[]): Promise<void> {
  for (const { tls, identifier } of wanted) {
    if (identifier !== undefined) await wire.command(`:INIT:TLS${tls}:IDEN ${identifier}`)
  }
  for (const { tls, speedNmPerS, powerDbm, trigger } of wanted) {
    const at = `:INIT:TLS${tls}`
    if (speedNmPerS !== undefined) await wire.command(`${at}:SPE ${speedNmPerS}`)
    if (powerDbm !== undefined) await wire.command(`${at}:POW ${powerDbm}DBM`)
    if (trigger !== undefined) await wire.command(`${at}:TRIG ${trigger}`)
  }
  for (const { tls, startNm, stopNm } of wanted) await setSpan(wire, `:INIT:TLS${tls}:WAV`, startNm, stopNm)
}

/** Sets the ends of a span. Setting one can move the other: with the stop in place the start can be had. */
export async function setSpan(
  wire: Wire,
  node: string,
  startNm: number | undefined,
  stopNm: number | undefined,
): Promise<void> {
  if (startNm !== undefined) await wire.command(`${node}:STAR ${startNm}NM`)
  if (stopNm === undefined) return
  await wire.command(`${node}:STOP ${stopNm}NM`)
  if (startNm === undefined) return
  const taken = nanometres(await wire.number(`${node}:STAR?`))
  if (Math.abs(taken - startNm) > SAME_NM) await wire.command(`${node}:STAR ${startNm}NM`)
}
