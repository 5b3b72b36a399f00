import { closeSync, openSync, writeSync } from 'node:fs'
import type { TraceInfo } from '../../shared/traces/trace.ts'
import { isWavelength, placeOf, type TraceAxis } from '../../shared/traces/trace-axis.ts'
import { sampleChunks } from './samples.ts'

const LINES = 8192
/** Two samples may be 1e-17 m apart; below that a float64 near 1.5e-6 m says no more. */
const NM_DECIMALS = 8
/** What a float64 holds for certain. */
const DIGITS = 15

/**
 * Place and value, a line each (RFC 4180), under a line that names both with their units; NaN is empty. Wavelengths are
 * in nm, all else is in the unit of the axis.
 */
export function writeCsv(samples: string, { axis, label, unit, points }: TraceInfo, into: string): void {
  const title = columnTitle(axis.quantity, isWavelength(axis) ? 'nm' : axis.unit)
  const place = placeWriter(axis, points)
  writeText(into, (write) => {
    write(`${title},${columnTitle(label, unit)}\r\n`)
    eachLine(samples, (value, i) => `${place(i)},${Number.isNaN(value) ? '' : shortest(value)}\r\n`).forEach(
      write,
    )
  })
}

function columnTitle(name: string, unit: string): string {
  const title = unit === '' ? name : `${name} (${unit})`
  return /[",\r\n]/.test(title) ? `"${title.replaceAll('"', '""')}"` : title
}

function placeWriter(axis: TraceAxis, points: number): (i: number) => string {
  if (isWavelength(axis)) return (i) => (placeOf(axis, i) * 1e9).toFixed(NM_DECIMALS)
  // Rounded alike along the whole axis: the sample at the trigger is at 0, and not at what rounding has left of it.
  const largest = Math.abs(axis.start) + axis.step * points
  const rounding = 10 ** (DIGITS - Math.ceil(Math.log10(largest)))
  return (i) => String(Number((Math.round(placeOf(axis, i) * rounding) / rounding).toPrecision(DIGITS)))
}

/** All that is known of the trace, and `samples` as an array; what is no number is null. */
export function writeJson(samples: string, info: TraceInfo, into: string): void {
  writeText(into, (write) => {
    write(`${JSON.stringify(info).slice(0, -1)},"samples":[`)
    eachLine(samples, (value, i) => {
      const text = Number.isFinite(value) ? shortest(value) : 'null'
      return i === 0 ? text : `,${text}`
    }).forEach(write)
    write(']}\n')
  })
}

function* eachLine(samples: string, line: (value: number, i: number) => string): Generator<string> {
  for (const { from, samples: chunk } of sampleChunks(samples)) {
    for (let begin = 0; begin < chunk.length; begin += LINES) {
      let text = ''
      const end = Math.min(begin + LINES, chunk.length)
      for (let i = begin; i < end; i++) text += line(chunk[i]!, from + i)
      yield text
    }
  }
}

function writeText(into: string, work: (write: (text: string) => void) => void): void {
  const fd = openSync(into, 'wx')
  try {
    work((text) => writeSync(fd, text))
  } finally {
    closeSync(fd)
  }
}

/** The fewest digits that mean this float32 and no other. */
function shortest(value: number): string {
  for (const digits of [7, 8]) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toPrecision(9)
}
