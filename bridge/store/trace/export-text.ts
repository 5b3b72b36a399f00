import { closeSync, openSync, writeSync } from 'node:fs'
import type { TraceInfo } from '../../../shared/trace.ts'
import { sampleChunks } from './samples.ts'

const LINES = 8192
/** Two samples may be 1e-17 m apart; below that a float64 near 1.5e-6 m says no more. */
const NM_DECIMALS = 8

/** Wavelength in nm and value, a line each (RFC 4180), under a line that names both with their units; NaN is empty. */
export function writeCsv(samples: string, info: TraceInfo, into: string): void {
  const label = /[",\r\n]/.test(info.label) ? 'value' : info.label
  writeText(into, (write) => {
    write(`wavelength (nm),${label} (${info.unit})\r\n`)
    eachLine(samples, (value, i) => {
      const nm = ((info.startM + i * info.stepM) * 1e9).toFixed(NM_DECIMALS)
      return `${nm},${Number.isNaN(value) ? '' : shortest(value)}\r\n`
    }).forEach(write)
  })
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
