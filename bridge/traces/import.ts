import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { BenchError } from '../../shared/wire/errors.ts'
import { isNpy, npyHeader } from '../../shared/traces/npy.ts'
import type { TraceUpload } from '../../shared/traces/trace.ts'
import { type AxisKind, isWavelength, quantityOf, type TraceAxis } from '../../shared/traces/trace-axis.ts'
import type { Columns } from './columns.ts'
import { readCsv } from './csv.ts'
import type { Imported, JobInput } from './jobs.ts'
import { readNpy } from './npy-columns.ts'
import { toBigEndian } from './samples.ts'

const LIGHT_M_PER_S = 299_792_458
/** Numbers without a unit: below this they are metres, and nm else. */
const METRES_BELOW = 1e-3
/** Places this much of a step off an even axis are rounding, not another axis. */
const EVEN = 0.02

/** Makes a kept NPY file of one that came from outside, NPY or CSV; for worker threads. Throws `input.invalid`. */
export function importFile({ file, upload, into }: JobInput<'import'>): Imported {
  const columns = isNpy(firstBytes(file)) ? readNpy(file) : readCsv(file)
  const points = columns.y.length
  if (points < 2) throw new BenchError('input.invalid', 'the file holds fewer than two samples')
  if (!columns.y.some((value) => Number.isFinite(value))) {
    throw new BenchError('input.invalid', 'the file holds no number that is finite')
  }
  const kind = axisKind(columns, upload)
  const { axis, y, changed } = onEvenAxis(asAsked(columns, kind), kind, upload)
  writeFileSync(into, npyHeader(points), { flag: 'wx' })
  writeFileSync(into, toBigEndian(y), { flag: 'a' })
  return { points, axis, unit: upload.unit ?? columns.unit ?? 'dB', changed }
}

/** What the axis will be: as is asked, else as the file says, else wavelength. */
function axisKind({ axis }: Columns, { axisUnit, axisQuantity }: TraceUpload): AxisKind {
  const unit = axisUnit ?? axis?.unit ?? 'm'
  const told = unit === axis?.unit ? axis.quantity : undefined
  return { unit, quantity: axisQuantity ?? told ?? quantityOf(unit) }
}

/** The columns with their places in the unit of the axis. Throws `input.invalid` where the file's is another. */
function asAsked(columns: Columns, kind: AxisKind): Columns {
  const { x, axis } = columns
  if (!x || kind.unit === axis?.unit) return columns
  if (axis === undefined) {
    const nm = isWavelength(kind) && x[0]! >= METRES_BELOW
    return nm ? { ...columns, x: x.map((value) => value * 1e-9) } : columns
  }
  if (isWavelength(kind) && axis.unit === 'Hz') return { ...columns, x: x.map((hz) => LIGHT_M_PER_S / hz) }
  const message = `the file's places are in ${axis.unit}, and were to be in ${kind.unit}: leave axisUnit out`
  throw new BenchError('input.invalid', message)
}

type OnAxis = Pick<Imported, 'axis' | 'changed'> & { y: Float32Array<ArrayBuffer> }

function onEvenAxis({ x, y }: Columns, kind: AxisKind, { start, step: told }: TraceUpload): OnAxis {
  const on = (start: number, step: number): TraceAxis => ({ ...kind, start, step })
  if (!x) {
    if (start === undefined || told === undefined) {
      const message =
        'the file does not say where its values lie: say where it begins and how far its samples are apart (start and step)'
      throw new BenchError('input.invalid', message)
    }
    return { axis: on(start, told), y, changed: undefined }
  }
  if (x.at(-1)! < x[0]!) {
    x.reverse()
    y.reverse()
  }
  const step = (x.at(-1)! - x[0]!) / (x.length - 1)
  let worst = 0
  for (let i = 0; i < x.length; i++) {
    const belowNothing = isWavelength(kind) && !(x[i]! > 0)
    if (!Number.isFinite(x[i]) || belowNothing || (i > 0 && !(x[i]! > x[i - 1]!))) {
      throw new BenchError(
        'input.invalid',
        `${kind.quantity} ${i + 1} of the file does not go on in the direction of the others`,
      )
    }
    worst = Math.max(worst, Math.abs(x[i]! - x[0]! - i * step))
  }
  const axis = on(tidy(x[0]!), tidy(step))
  if (worst <= EVEN * step) return { axis, y, changed: undefined }
  return {
    axis,
    y: interpolated(x, y, step),
    changed: `Its samples were not even in ${kind.quantity}: they were interpolated linearly.`,
  }
}

function interpolated(x: Float64Array, y: Float32Array, step: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(y.length)
  let k = 0
  for (let i = 0; i < out.length; i++) {
    const at = Math.min(x[0]! + i * step, x.at(-1)!)
    while (k < x.length - 2 && x[k + 1]! < at) k++
    const part = (at - x[k]!) / (x[k + 1]! - x[k]!)
    out[i] = y[k]! + part * (y[k + 1]! - y[k]!)
  }
  return out
}

/** Files say their places in some twelve digits: more are rounding errors of the change of unit. */
function tidy(place: number): number {
  return Number(place.toPrecision(12))
}

function firstBytes(file: string): Uint8Array {
  const fd = openSync(file, 'r')
  try {
    const head = new Uint8Array(16)
    return head.subarray(0, readSync(fd, head, 0, head.length, 0))
  } finally {
    closeSync(fd)
  }
}
