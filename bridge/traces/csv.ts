import { closeSync, openSync, readSync } from 'node:fs'
import { BenchError } from '../../shared/wire/errors.ts'
import { MOST_POINTS } from '../../shared/traces/trace.ts'
import type { AxisKind } from '../../shared/traces/trace-axis.ts'
import { axisIn, unitIn } from './column-title.ts'
import { type Columns, GrowingColumn } from './columns.ts'

const CHUNK = 1 << 20
const LONGEST_LINE = 4096
/**
 * Reads a CSV file: a place and a value a line, or only a value; apart by comma, semicolon, tab or blanks, with a decimal
 * point or, where commas do not set columns apart, a decimal comma. A first line that is not numbers names the columns
 * with their units: `wavelength (nm),power_dBm`, `time (ms),voltage (V)`. Lines that begin with # are skipped. Throws
 * `input.invalid` with the number of a line that is neither.
 */
export function readCsv(file: string): Columns {
  const x = new GrowingColumn(Float64Array)
  const y = new GrowingColumn(Float32Array)
  let separator: RegExp | undefined
  let unit: string | undefined
  let axis: (AxisKind & { factor: number }) | undefined
  let columns = 0
  let number = 0
  for (const raw of lines(file)) {
    number += 1
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    separator ??= separatorOf(line)
    const cells = line.split(separator).map((cell) => cell.trim())
    const first = numberIn(cells[0], separator)
    if (columns === 0) {
      columns = Math.min(2, cells.length)
      if (first === undefined) {
        unit = unitIn(titleIn(cells[columns - 1]))
        axis = columns === 2 ? axisIn(titleIn(cells[0])) : undefined
        continue
      }
    }
    const value = columns === 1 || cells[1] === '' ? first : numberIn(cells[1], separator)
    const empty = columns === 2 && (cells[1] === '' || /^nan$/i.test(cells[1] ?? ''))
    if (first === undefined || (value === undefined && !empty)) {
      throw new BenchError(
        'input.invalid',
        `line ${number} of the file is not numbers: "${line.slice(0, 60)}"`,
      )
    }
    if (y.length >= MOST_POINTS) throw new BenchError('input.invalid', `more than ${MOST_POINTS} samples`)
    if (columns === 2) x.push(first * (axis?.factor ?? 1))
    y.push(empty ? NaN : (value ?? NaN))
  }
  return { x: columns === 2 ? x.done() : undefined, y: y.done(), axis, unit }
}

function* lines(file: string): Generator<string> {
  const fd = openSync(file, 'r')
  // Latin-1 programs write µm as one byte, which is no UTF-8: it is shown as another letter, and nothing else is lost.
  const decoder = new TextDecoder('utf-8')
  const buffer = new Uint8Array(CHUNK)
  let rest = ''
  try {
    for (;;) {
      const length = readSync(fd, buffer, 0, CHUNK, null)
      const parts = (rest + decoder.decode(buffer.subarray(0, length), { stream: length > 0 })).split(
        /\r\n|\n|\r/,
      )
      rest = parts.pop() ?? ''
      yield* parts
      if (length === 0) break
      if (rest.length > LONGEST_LINE)
        throw new BenchError('input.invalid', 'the file is not lines of numbers')
    }
    yield rest
  } finally {
    closeSync(fd)
  }
}

function separatorOf(line: string): RegExp {
  if (line.includes(';')) return /;/
  if (line.includes('\t')) return /\t/
  return line.includes(',') ? /,/ : /\s+/
}

function numberIn(cell: string | undefined, separator: RegExp): number | undefined {
  if (cell === undefined || cell === '') return undefined
  const value = Number(separator.source === ',' ? cell : cell.replace(',', '.'))
  return Number.isFinite(value) ? value : undefined
}

function titleIn(cell = ''): string {
  return cell.replace(/^"(.*)"$/, '$1').replaceAll('""', '"')
}
