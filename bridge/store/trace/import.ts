import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { BenchError } from '../../../shared/errors.ts'
import { isNpy, npyHeader } from '../../../shared/npy.ts'
import type { TraceUpload } from '../../../shared/trace.ts'
import type { Columns } from './columns.ts'
import { readCsv } from './csv.ts'
import type { Imported, JobInput } from './jobs.ts'
import { readNpy } from './npy-columns.ts'
import { toBigEndian } from './samples.ts'

/** Wavelengths this much of a step off an even axis are rounding, not another axis. */
const EVEN = 0.02

/** Makes a kept NPY file of one that came from outside, NPY or CSV; for worker threads. Throws `input.invalid`. */
export function importFile({ file, upload, into }: JobInput<'import'>): Imported {
  const columns = isNpy(firstBytes(file)) ? readNpy(file) : readCsv(file)
  const points = columns.y.length
  if (points < 2) throw new BenchError('input.invalid', 'the file holds fewer than two samples')
  if (!columns.y.some((value) => Number.isFinite(value))) {
    throw new BenchError('input.invalid', 'the file holds no number that is finite')
  }
  const { startM, stepM, y, changed } = onEvenAxis(columns, upload)
  writeFileSync(into, npyHeader(points), { flag: 'wx' })
  writeFileSync(into, toBigEndian(y), { flag: 'a' })
  return { points, startM, stepM, unit: upload.unit ?? columns.unit ?? 'dB', changed }
}

type OnAxis = Pick<Imported, 'startM' | 'stepM' | 'changed'> & { y: Float32Array<ArrayBuffer> }

function onEvenAxis({ x, y }: Columns, { startM, stepM }: TraceUpload): OnAxis {
  if (!x) {
    if (startM === undefined || stepM === undefined) {
      throw new BenchError(
        'input.invalid',
        'the file has no wavelengths: say where it begins and how far its samples are apart (startM and stepM)',
      )
    }
    return { startM, stepM, y, changed: undefined }
  }
  if (x.at(-1)! < x[0]!) {
    x.reverse()
    y.reverse()
  }
  const step = (x.at(-1)! - x[0]!) / (x.length - 1)
  let worst = 0
  for (let i = 0; i < x.length; i++) {
    if (!(x[i]! > 0) || (i > 0 && !(x[i]! > x[i - 1]!))) {
      throw new BenchError(
        'input.invalid',
        `wavelength ${i + 1} of the file does not go on in the direction of the others`,
      )
    }
    worst = Math.max(worst, Math.abs(x[i]! - x[0]! - i * step))
  }
  const axis = { startM: tidy(x[0]!), stepM: tidy(step) }
  if (worst <= EVEN * step) return { ...axis, y, changed: undefined }
  return {
    ...axis,
    y: interpolated(x, y, step),
    changed: 'Its wavelengths were not evenly spaced: its samples were interpolated linearly.',
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

/** Files say their wavelengths in some twelve digits: more are rounding errors of the change of unit. */
function tidy(metres: number): number {
  return Number(metres.toPrecision(12))
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
