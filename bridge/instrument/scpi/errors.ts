import { BenchError } from '../../../shared/wire/errors.ts'

/** One entry of an instrument's error queue (SCPI-1999 volume 1 section 21.8). */
export interface ScpiError {
  code: number
  message: string
}

const ENTRY = /^([+-]?\d+)\s*,\s*"(.*)"\s*$/s

/** Reads `-113,"Undefined header;FOO"`; undefined for `0,"No error"`. Throws `scpi.error` when it is neither. */
export function parseScpiError(answer: string): ScpiError | undefined {
  const parts = ENTRY.exec(answer)
  if (!parts) throw new BenchError('scpi.error', `"${answer}" is not an entry of an error queue`)
  const code = Number(parts[1])
  return code === 0 ? undefined : { code, message: (parts[2] ?? '').replaceAll('""', '"') }
}
